// The fake for tests in Node, with any test runner: start it, make accounts, turn time, arm faults.
// It has no dependencies: copy it. Everything else is in the control API, by `control()`.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

export type FaultType =
  | "ERRNO"
  | "DELAY"
  | "HTTP_STATUS"
  | "CONNECTION_RESET_BY_PEER"
  | "EMPTY_RESPONSE"
  | "MALFORMED_RESPONSE_CHUNK"
  | "RANDOM_DATA_THEN_CLOSE"
  | "MALFORMED_JSON"
  | "TRUNCATED_BODY"
  | "TRICKLE"
  | "COMMIT_THEN_DROP";

export type Operation =
  | "login"
  | "createJob"
  | "findJobs"
  | "varyJob"
  | "upscaleJob"
  | "blendImages"
  | "describeImage";

/** Conditions on a request's body, all of which must hold: see `BodyMatch` in openapi/admin.yaml. */
export interface BodyMatch {
  contains?: string;
  matches?: string;
  json?: unknown;
  equals?: unknown;
  fields?: Record<string, unknown>;
}

/** A delay that is drawn anew for each request, in ms. */
export type Distribution =
  | { distribution: "uniform"; lower: number; upper: number }
  | { distribution: "lognormal"; median: number; sigma: number };

/** What a fault acts on and sends: see `armFault` in openapi/admin.yaml. Durations: "30s" or ms. */
export interface FaultTerms {
  operation?: Operation;
  path?: string;
  /** What the requests that it acts on have in their bodies. */
  bodyMatch?: BodyMatch;
  errno?: number;
  errmsg?: string;
  status?: number;
  headers?: Record<string, string | number | string[]>;
  body?: unknown;
  body_base64?: string;
  delay?: string | number | Distribution;
  /** Whose time a delay takes: the account's, or real time. */
  clock?: "account" | "real";
  times?: number;
  skip?: number;
  probability?: number;
  seed?: number;
  /** A test may end without it having been applied. */
  optional?: boolean;
}

/** A change of a job's state that a turn of the clock has brought about. */
export interface Transition {
  hash: string;
  state: string;
  at: string;
}

/** A request as the journal has it; more of it in openapi/admin.yaml. */
export interface JournalEntry {
  id: number;
  method: string;
  path: string;
  operation: Operation | null;
  status: number | null;
  errno: number | null;
  reason: string | null;
  fault: string | null;
  request_body: unknown;
  response_body: unknown;
}

/** A running fake. */
export class Sampan {
  private constructor(
    readonly url: string,
    private readonly token?: string,
    private readonly process?: ChildProcess,
  ) {}

  /** A fake that runs already; off loopback it needs the admin token. */
  static at(url: string, token?: string): Sampan {
    return new Sampan(url.replace(/\/+$/, ""), token);
  }

  /** Starts one on a free port, with the options of `sampan serve`. SAMPAN may name the command. */
  static async start(...options: string[]): Promise<Sampan> {
    const command = process.env.SAMPAN ?? "sampan";
    const fake = spawn(command, ["serve", "--port", "0", "--ready-json", ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const url = await new Promise<string>((ready, failed) => {
      const hint = "put sampan on the PATH, or set SAMPAN to its path";
      fake.once("error", ({ message }) => failed(new Error(`${message}: ${hint}`)));
      fake.once("exit", (code) => failed(new Error(`sampan serve ended with exit code ${code}`)));
      createInterface(fake.stdout).on("line", (line) => {
        const url = readyUrl(line);
        if (url !== undefined) ready(url);
      });
    });
    return new Sampan(url, undefined, fake);
  }

  /** Ends the fake that was started. */
  async stop(): Promise<void> {
    const fake = this.process;
    if (fake === undefined || fake.exitCode !== null || fake.signalCode !== null) return;
    await new Promise<void>((ended) => {
      fake.once("exit", () => ended());
      fake.kill();
    });
  }

  /** A new account: a sandbox with its own jobs, clock, faults and journal. */
  async account(username: string = randomUUID()): Promise<SampanAccount> {
    const password = randomUUID();
    await this.control("POST", "accounts", { username, password });
    return new SampanAccount(this, username, password);
  }

  /** Any call of the control API; throws with the fake's own words where it refuses. */
  async control<T = unknown>(method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(`${this.url}/__admin/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const answer = asJson(text);
    if (response.ok && answer !== undefined) return answer;
    const rest = `${response.url} sent HTTP ${response.status}: ${text.slice(0, 200)}`;
    throw new Error(answer?.error?.message ?? rest);
  }
}

/** JSON's value; undefined for what is none. */
function asJson(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The address in the ready line; a wrapper around the fake may print lines of its own before it. */
function readyUrl(line: string): string | undefined {
  const ready = asJson(line);
  return ready?.event === "ready" ? ready.url : undefined;
}

/** One account, and the control of it alone. */
export class SampanAccount {
  constructor(
    readonly fake: Sampan,
    readonly username: string,
    readonly password: string,
  ) {}

  get url(): string {
    return this.fake.url;
  }

  /** Stops time. */
  freeze = () => this.#clock("freeze");
  /** Has time pass by itself again. */
  resume = () => this.#clock("resume");
  /** Each poll moves time forward: no waiting. */
  auto = () => this.#clock("auto");

  /** Moves time ahead at once, by "30s" or ms. */
  async advance(by: string | number): Promise<Transition[]> {
    const { transitions } = await this.#clock<{ transitions: Transition[] }>("advance", { by });
    return transitions;
  }

  /** Arms a fault, and returns its id. */
  async fault(type: FaultType, terms: FaultTerms = {}): Promise<string> {
    const { operation, path, bodyMatch: body, ...rest } = terms;
    const match = { account: this.username, operation, path, body };
    const armed = await this.fake.control<{ id: string }>("POST", "faults", { type, match, ...rest });
    return armed.id;
  }

  /** Selects a scenario, such as "fail", for the next submissions. */
  async scenario(scenario: string, argument?: number, times = 1): Promise<void> {
    const body = { account: this.username, scenario, argument, times };
    await this.fake.control("POST", "scenarios", body);
  }

  /** What the client has asked, oldest first. */
  async requests(operation?: Operation): Promise<JournalEntry[]> {
    const whole = { account: this.username, limit: "100000" }; // the largest there is
    const query = new URLSearchParams({ ...whole, ...(operation && { operation }) });
    const path = `requests?${query}`;
    return (await this.fake.control<{ requests: JournalEntry[] }>("GET", path)).requests;
  }

  /** Removes the account with all that is its own. */
  async delete(): Promise<void> {
    await this.fake.control("DELETE", `accounts/${encodeURIComponent(this.username)}`);
  }

  #clock<T>(call: string, body: object = {}): Promise<T> {
    return this.fake.control("POST", `clock/${call}`, { account: this.username, ...body });
  }
}
