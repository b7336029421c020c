// A request as a curl line. Every part of it may be a client's: whatever it says, the line sends
// this request to this fake, and neither the shell nor curl does anything else for it.

import { address } from "./api.js";
import { UNSEEN } from "./unseen.js";

/** Stands for a token: the one text that the shell replaces. */
export const BEARER = "Bearer $TOKEN";
/** Where a shell that pastes a line would act, or a person not see what stands there. */
const UNPRINTABLE = new RegExp(`[\\t\\r]|${UNSEEN.source}`, "gu");
/** What is no character of a query, and what would begin a fragment. */
const NOT_IN_QUERY = /[^\x21-\x7e]|#/gu;

const hexadecimal = (byte) => `\\x${byte.toString(16).padStart(2, "0")}`;
const bytes = (text) => Array.from(new TextEncoder().encode(text), hexadecimal).join("");

/** A word for a POSIX shell; one with what can't be printed, for bash and zsh. */
function quoted(text) {
  if (text.search(UNPRINTABLE) < 0) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${text.replace(/[\\']/g, "\\$&").replace(UNPRINTABLE, bytes)}'`;
}

/** The address of a request. Its path is decoded and its query is not, as the journal has them. */
function url(given) {
  const [, path, query] = /^\/?([^?]*)(.*)$/su.exec(given.toWellFormed());
  const encoded = encodeURI(path).replaceAll("#", "%23");
  return `${address("")}${encoded}${query.replace(NOT_IN_QUERY, encodeURIComponent)}`;
}

/** How curl is told of the method: by the body where there is one, if it is a POST's. */
function methodOf(method, body) {
  if (method === "HEAD") return " --head"; // with -X, curl would wait for the body
  return method === (body === null ? "GET" : "POST") ? "" : ` -X ${/^[A-Z]+$/.test(method) ? method : quoted(method)}`;
}

function header(name, value) {
  if (value === "") return quoted(`${name};`); // curl's spelling of a header without a value
  return name.toLowerCase() === "authorization" && value === BEARER ? `"${name}: ${BEARER}"` : quoted(`${name}: ${value}`);
}

/** `request` is { method, path, headers, body }; `path` is relative to the fake. */
export function curl({ method, path, headers = {}, body = null }) {
  const target = url(path);
  const expanded = /[[\]{}]/.test(target) ? " -g" : "";
  const shortened = /\/\.{1,2}(\/|\?|$)/.test(target) ? " --path-as-is" : "";
  const lines = [`curl${methodOf(method, body)}${expanded}${shortened} ${quoted(target)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${header(name, value)}`);
  const data = typeof body === "string" ? body : JSON.stringify(body);
  // Of a text that begins with @, -d would send the file of that name.
  if (body !== null) lines.push(`${data.startsWith("@") ? "--data-raw" : "-d"} ${quoted(data)}`);
  return lines.join(" \\\n  ");
}
