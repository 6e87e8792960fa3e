// Plays the asciicast on stdin in asciinema's player for browsers, and prints the lines of its last screen as JSON.
// There is no browser: the page is jsdom's, which neither lays out nor paints. The lines are those of the page.
import { text } from "node:stream/consumers";
import { JSDOM } from "jsdom";

const { window } = new JSDOM('<div id="player"></div>', { pretendToBeVisual: true, url: "http://player.test/" });
const unpainted = new Proxy({}, { get: (kept, name) => kept[name] ?? (() => {}) });
window.HTMLCanvasElement.prototype.getContext = () => unpainted;
window.Element.prototype.animate = () => unpainted;
window.matchMedia = () => ({ matches: false, addEventListener() {}, removeEventListener() {} });
window.ResizeObserver = class { observe() {} unobserve() {} disconnect() {} };
for (const name of Object.getOwnPropertyNames(window)) if (!(name in globalThis)) globalThis[name] = window[name];
Object.assign(globalThis, { window, document: window.document });

const { create } = await import("asciinema-player");
const place = document.getElementById("player");
const player = create({ data: await text(process.stdin) }, place, { autoPlay: true, fit: false, speed: 1000 });
player.addEventListener("ended", () => {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    console.log(JSON.stringify([...place.querySelectorAll(".ap-line")].map((line) => line.textContent)));
    process.exit(0);
  }));
});
