// Values that are typed into a form (src/input.rs), encoded by this browser's codec server before they are sent: the server that takes
// the form does not see them as they were typed.

import { codec } from "./payload.js";

/** The fields of a form, with its values encoded if there is a codec server for them. */
export async function encode(fields) {
  const values = fields.getAll("input").map((value) => value.trim().replaceAll("\r\n", "\n"));
  const count = values.findLastIndex(Boolean) + 1;
  if (!document.body.dataset.codec || !count) return fields;
  const metadata = described(fields.getAll("input-meta"));
  const payloads = values.slice(0, count).map((value, index) => payload(index + 1, value, metadata, fields.has("input-base64")));
  for (const name of ["input", "input-meta", "input-base64"]) fields.delete(name);
  for (const encoded of await codec("encode", payloads)) fields.append("input-encoded", JSON.stringify(encoded));
  return fields;
}

function described(pairs) {
  const metadata = { encoding: "json/plain" };
  for (const pair of pairs.map((pair) => pair.trim()).filter(Boolean)) {
    const at = pair.indexOf("=");
    if (at < 0) throw new Error(`Metadata "${pair}" is not NAME=VALUE`);
    metadata[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return metadata;
}

function payload(number, value, metadata, isBase64) {
  if (!value) throw new Error(`Input ${number} is empty, but one after it is not`);
  let text = value;
  try {
    if (isBase64) text = atob(value);
    if (metadata.encoding.startsWith("json/")) JSON.parse(text);
  } catch (error) {
    throw new Error(`Input ${number} cannot be read: ${error.message}`);
  }
  const all = Object.entries(metadata).map(([name, text]) => [name, base64(text)]);
  return { metadata: Object.fromEntries(all), data: isBase64 ? value : base64(value) };
}

function base64(text) {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}
