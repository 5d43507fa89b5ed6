// Payloads, decoded where they are read: JSON is made readable, bytes are a size and a download, and what a codec server must
// decode is sent there from this browser, with this visitor's own rights. The server that shows the page never sees it.

const MANY = 50;
let waiting = [];

/** What is plain JSON is its text; anything else is data-payload, the payload as the protocol's own JSON form of it. */
class Payload extends HTMLElement {
  connectedCallback() {
    if (this.raw === undefined) this.draw();
  }

  /** See morph.js; its attributes are those of the fresh one already. */
  redraw(fresh) {
    const raw = fresh.dataset.payload || fresh.textContent;
    if (raw === this.raw) return;
    this.replaceChildren(...fresh.childNodes);
    this.draw();
  }

  draw() {
    this.raw = this.dataset.payload || this.textContent;
    if (!this.dataset.payload) return this.replaceChildren(...plain(this.raw));
    const payload = JSON.parse(this.dataset.payload);
    if (!document.body.dataset.codec) return this.show(payload);
    if (!waiting.length) queueMicrotask(decode);
    waiting.push([this, payload]);
  }

  show(payload, error) {
    this.replaceChildren(...parts(payload));
    if (error) {
      const note = document.createElement("p");
      note.className = "alert";
      note.textContent = error;
      this.append(note);
    }
  }
}

const bytesOf = (text) => Uint8Array.from(atob(text || ""), (letter) => letter.charCodeAt(0));
const textOf = (text) => new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(text));

function parts(payload) {
  let encoding = "";
  try {
    encoding = payload.metadata?.encoding ? textOf(payload.metadata.encoding) : "";
    if (encoding === "binary/null") return [written("null")];
    if (encoding.startsWith("json/")) return [written(pretty(textOf(payload.data)))];
  } catch {
    // Not what it says it is: then it is bytes.
  }
  const bytes = bytesOf(payload.data);
  const link = document.createElement("a");
  link.textContent = `${bytes.length.toLocaleString("en")} bytes`;
  link.download = "payload.bin";
  link.href = "#";
  link.addEventListener("click", () => {
    link.href = URL.createObjectURL(new Blob([bytes]));
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  const name = document.createElement("span");
  name.className = "quiet";
  name.textContent = ` ${encoding || "no encoding"}`;
  return [link, name];
}

function plain(text) {
  try {
    return [written(pretty(text))];
  } catch {
    return [written(text)];
  }
}

function written(text) {
  const block = document.createElement("pre");
  block.textContent = text;
  return block;
}

/** On many lines, with numbers and the order of names as they were written. */
export function pretty(text) {
  JSON.parse(text);
  let [out, depth, at] = ["", 0, 0];
  const line = () => `\n${"  ".repeat(depth)}`;
  while (at < text.length) {
    const letter = text[at];
    if (letter === '"') {
      let end = at + 1;
      while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      out += text.slice(at, end + 1);
      at = end;
    } else if (letter === "{" || letter === "[") {
      const rest = /^\s*[}\]]/.exec(text.slice(at + 1, at + 200));
      if (rest) {
        out += letter + rest[0].trim();
        at += rest[0].length;
      } else {
        depth += 1;
        out += letter + line();
      }
    } else if (letter === "}" || letter === "]") {
      depth -= 1;
      out += line() + letter;
    } else if (letter === ",") out += letter + line();
    else if (letter === ":") out += ": ";
    else if (!/\s/.test(letter)) out += letter;
    at += 1;
  }
  return out;
}

async function decode() {
  const all = waiting;
  waiting = [];
  for (let at = 0; at < all.length; at += MANY) await decodeSome(all.slice(at, at + MANY));
}

async function decodeSome(some) {
  try {
    const payloads = await codec("decode", some.map(([, payload]) => payload));
    some.forEach(([element, payload], index) => element.show(payloads[index] || payload));
  } catch (error) {
    some.forEach(([element, payload]) => element.show(payload, error.message));
  }
}

/** What the codec server makes of payloads: `verb` is `decode` or `encode`. */
export async function codec(verb, payloads) {
  const { codec, codecCredentials, namespace } = document.body.dataset;
  try {
    const headers = { "Content-Type": "application/json", "X-Namespace": namespace || "" };
    const credentials = codecCredentials === undefined ? "same-origin" : "include";
    const answer = await fetch(`${codec.replace(/\/+$/, "")}/${verb}`, { method: "post", headers, body: JSON.stringify({ payloads }), credentials });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return (await answer.json()).payloads;
  } catch (error) {
    throw new Error(`The codec server ${codec} has not ${verb}d this: ${error.message}`);
  }
}

customElements.define("abide-payload", Payload);
