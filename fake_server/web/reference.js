// Search: what does not hold every word is hidden. "/" goes to the field, Escape empties it.
const form = document.querySelector("form");
const field = form.querySelector("input");
const output = form.querySelector("output");
const sections = [...document.querySelectorAll("main section")].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
}));
const headings = document.querySelectorAll("main > h2, nav");

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { element, text } of sections) {
    element.hidden = !words.every((word) => text.includes(word));
    found += element.hidden ? 0 : 1;
  }
  for (const heading of headings) heading.hidden = words.length > 0;
  output.value = words.length === 0 ? "" : found ? `${output.dataset.found} ${found}` : output.dataset.nothing;
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape" && field.value) {
    field.value = "";
    search();
  }
});
// A link to what is hidden shows everything again.
window.addEventListener("hashchange", () => {
  field.value = "";
  search();
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
});
