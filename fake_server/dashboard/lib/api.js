// The fake, as the page asks it: the control API, and the service's own API for an account.

// The page's own folder, wherever the fake is mounted.
const BASE = new URL("./", document.baseURI);
const KEPT = "sampan-admin-token";

/** The address of something of the fake's. */
export const address = (path) => new URL(path, BASE).href;

/** What the control API refuses: its code, its message. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let askForToken = null;
let asking = null;

/** `ask` resolves to a token that a person has given. It is asked for off loopback alone. */
export function useTokenFrom(ask) {
  askForToken = ask;
}

/** Request something of the control API; asks for the token where it is needed. */
export async function open(method, path, { query = {}, body, signal } = {}) {
  const url = new URL(`__admin/${path}`, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  for (;;) {
    const headers = {};
    const token = sessionStorage.getItem(KEPT);
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(url, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.status !== 401) return response;
    // Another request may have brought another token meanwhile.
    if (sessionStorage.getItem(KEPT) !== token) continue;
    sessionStorage.removeItem(KEPT);
    asking ??= askForToken(token !== null).finally(() => (asking = null));
    sessionStorage.setItem(KEPT, await asking);
  }
}

/** A call of the control API: its answer. Throws `Refused`. */
export async function control(method, path, options) {
  const response = await open(method, path, options);
  const answer = await response.json();
  if (response.ok) return answer;
  const { code = "internal", message = response.statusText } = answer.error ?? {};
  throw new Refused(response.status, code, message);
}

/** One segment of a path. */
export const segment = (text) => encodeURIComponent(text);

const tokens = new Map();

/** A call of the service's API, as a client of `account` makes it: status, answer, reason. */
export async function call(account, path, body) {
  for (const first of [true, false]) {
    if (!tokens.has(account)) {
      const { token } = await control("POST", `accounts/${segment(account)}/token`);
      tokens.set(account, token);
    }
    const response = await fetch(new URL(path.slice(1), BASE), {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${tokens.get(account)}` },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const answer = parsed(text);
    if (first && answer?.errno === 430) {
      tokens.delete(account); // it may be older than the fake, or have expired by its clock
      continue;
    }
    return { status: response.status, text, answer, reason: response.headers.get("X-Fake-Reason") };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The address of a job's picture for this page, which is in no journal. */
export const picture = (job, view) =>
  address(`dashboard/image/${segment(job.job_id)}${view === "thumb" ? "_thumb" : ""}.png`);
