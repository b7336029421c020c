"""How the fake's own pages look. One sheet, inlined, dark where the reader's system is."""

from __future__ import annotations

STYLE = """
:root { --ink: #1d2b33; --soft: #5b6b74; --line: #d9e0e3; --paper: #fff; --wash: #f3f6f6;
  --accent: #0b6e75; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe8ea; --soft: #93a4ab; --line: #2c3a41;
  --paper: #12191d; --wash: #1a2429; --accent: #6cc5c9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 0 1.25rem 4rem; color: var(--ink);
  background: var(--paper); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
h1 { font-size: 1.7rem; margin: .2rem 0 .4rem; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; } small, i { color: var(--soft); font-style: normal; }
code, pre { font: .875em/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
code { background: var(--wash); padding: .08em .3em; border-radius: 3px; }
pre { background: var(--wash); padding: .8rem 1rem; overflow: auto; border-radius: 6px;
  max-height: 26rem; } pre code { padding: 0; background: none; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0;
  border-bottom: 1px solid var(--line); } th { color: var(--soft); font-weight: 500; }
td p { margin: 0; } header { padding-top: 1.5rem; border-bottom: 1px solid var(--line); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; }
.operation { border-top: 1px solid var(--line); margin-top: 2rem; }
main > section > table { display: block; overflow-x: auto; }
li > code { overflow-wrap: anywhere; }
.route b { color: var(--accent); } details { margin: .4rem 0; } summary { cursor: pointer; }
"""
