// A wall of cards of which only those near the window exist, however many there are.

import { h, reconcile } from "../lib/dom.js";
import { Refresher } from "../lib/live.js";

const GAP = 12;
const LEAST_WIDTH = 150;
/** The height of what is below a card's picture; `.card .facts` in views.css has the same. */
const TEXT_HEIGHT = 104;

export class Wall {
  /** `load(offset, limit)` resolves to `{ items, total }`; `key`, `make`, `update` are of a card. */
  constructor(load, { key, make, update, after }) {
    this.load = load;
    this.card = { key, make, update };
    this.after = after;
    this.loaded = [0, 0];
    this.total = 0;
    this.list = h("ul", { class: "cards" });
    this.element = h("div", { class: "wall" }, this.list);
    this.refresher = new Refresher(() => this.read());
    this.scrolled = () => this.look();
    new ResizeObserver(() => this.refresher.now()).observe(this.element);
  }

  open() {
    window.addEventListener("scroll", this.scrolled, { passive: true });
  }

  close() {
    window.removeEventListener("scroll", this.scrolled);
    this.refresher.stop();
  }

  measure() {
    const width = this.element.clientWidth;
    const columns = Math.max(2, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
    const row = (width - (columns - 1) * GAP) / columns + TEXT_HEIGHT + GAP;
    return { columns, row };
  }

  /** The first row within `screens` of the window, and the one behind the last. */
  rows({ row }, screens) {
    const top = -this.element.getBoundingClientRect().top;
    const first = Math.floor((top - screens * innerHeight) / row);
    const last = Math.ceil((top + (1 + screens) * innerHeight) / row);
    return [Math.max(0, first), Math.max(1, last)];
  }

  /** Read on where what is there ends soon. */
  look() {
    if (!this.element.clientWidth) return;
    const { columns, row } = this.measure();
    const [first, last] = this.rows({ row }, 0.5);
    const enough = Math.min(last * columns, this.total);
    if (first * columns < this.loaded[0] || enough > this.loaded[1]) this.refresher.now();
  }

  async read() {
    if (!this.element.clientWidth) return;
    const { columns, row } = this.measure();
    const [first, last] = this.rows({ row }, 1);
    const offset = first * columns;
    const { items, total } = await this.load(offset, (last - first) * columns);
    this.total = total;
    this.loaded = [offset, offset + items.length];
    this.element.style.height = `${Math.ceil(total / columns) * row}px`;
    this.list.style.transform = `translateY(${first * row}px)`;
    this.list.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const { key, make, update } = this.card;
    reconcile(this.list, items, key, make, update);
    [...this.list.children].forEach((card, index) => {
      card.setAttribute("aria-setsize", total);
      card.setAttribute("aria-posinset", offset + index + 1);
    });
    this.after(items, total);
    // Fewer than before: the window may now be behind the end.
    if (offset >= total && total > 0) this.refresher.later(0);
  }
}
