// A client that relies on nothing that the page leaves open, and expects what goes wrong.
// It goes by what the page says: the errno, the hash of a job, and status 2000.
import { type Client, type Job, Refused, type Settings, sleep } from "./record.js";

/** Tries of a request that may be sent again. */
const TRIES = 3;

class JobFailed extends Error {}

/** Whether nobody knows what has become of a request: no answer, or errno 501. */
const isUnknown = (problem: unknown) => !(problem instanceof Refused) || problem.errno === 501;

export class ImageClient implements Client {
  progress: number[] = [];
  #token: string | undefined;

  constructor(readonly settings: Settings) {}

  async login(): Promise<void> {
    const { username, password } = this.settings;
    const body = { username, password };
    this.#token = (await this.#tryAgain<{ token: string }>("/auth/login", body)).token;
  }

  /** The record of a finished picture. A job that fails is tried once more. */
  async draw(content: string): Promise<Job> {
    try {
      return await this.#wait(await this.#submit("/jobs/create", { content }));
    } catch (problem) {
      if (!(problem instanceof JobFailed)) throw problem;
      return this.#wait(await this.#submit("/jobs/create", { content }));
    }
  }

  async upscale(parent: Job, cell: number): Promise<Job> {
    const body = { parent_hash: parent.hash, grid_num: cell };
    return this.#wait(await this.#submit("/jobs/upscale", body));
  }

  async vary(parent: Job, cell: number): Promise<Job> {
    const body = { parent_id: parent.job_id, grid_num: cell };
    return this.#wait(await this.#submit("/jobs/variation", body));
  }

  /** The prompts of a picture. Which key has them, and how many, is open. */
  async describe(link: string): Promise<string[]> {
    const job = await this.#wait(await this.#submit("/jobs/describe", { content: link }));
    const text = job.description ?? job.msg_content ?? "";
    return text.split("\n").filter((line) => line.trim());
  }

  /** The picture, without the token; it may be there a moment later than its record. */
  async download(job: Job): Promise<Uint8Array> {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await fetch(job.img_buffer!);
      const body = new Uint8Array(await answer.arrayBuffer());
      if (answer.status === 200) return body;
      await sleep(Math.max(this.settings.pauseMs, 500));
    }
    throw new JobFailed(`no picture at ${job.img_buffer}`);
  }

  /** The record of a job, found by its hash; only 2000 has a meaning on the page. */
  async #wait(hash: string): Promise<Job> {
    this.progress = [];
    for (;;) {
      const job = (await this.#records()).find((each) => each.hash === hash);
      if (job?.status === 2000) return job;
      if (job?.error) throw new JobFailed(job.error);
      if (job && job.pct_prog !== null) this.progress.push(parseInt(String(job.pct_prog)) / 100);
      await sleep(this.settings.pauseMs);
    }
  }

  async #records(): Promise<Job[]> {
    return (await this.#withToken<{ res: Job[] }>("/jobs/find", { limit: 50 })).res;
  }

  /**
   * A new job's hash. Where the answer is lost, the job is looked for before it is sent again: a
   * second one would be paid for.
   */
  async #submit(path: string, body: object): Promise<string> {
    const known = new Set((await this.#records()).map((job) => job.hash));
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        return await this.#withToken<string>(path, body, false);
      } catch (problem) {
        if (!isUnknown(problem)) throw problem;
      }
      const made = (await this.#records()).find((job) => !known.has(job.hash));
      if (made) return made.hash;
    }
    throw new JobFailed(`${path} was not accepted`);
  }

  /** With a token; with a new one where it has expired, since nothing has been done then. */
  async #withToken<T>(path: string, body: object, again = true): Promise<T> {
    if (this.#token === undefined) await this.login();
    const post = () => (again ? this.#tryAgain<T>(path, body) : this.#post<T>(path, body));
    try {
      return await post();
    } catch (problem) {
      if (!(problem instanceof Refused && problem.errno === 430)) throw problem;
    }
    await this.login();
    return post();
  }

  /** A request that does nothing may be sent again. */
  async #tryAgain<T>(path: string, body: object): Promise<T> {
    for (let tries = 1; tries < TRIES; tries++) {
      try {
        return await this.#post<T>(path, body);
      } catch (problem) {
        if (!isUnknown(problem)) throw problem;
      }
    }
    return this.#post<T>(path, body);
  }

  /** The data of an answer. The errno decides, whatever the HTTP status. */
  async #post<T>(path: string, body: object): Promise<T> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (this.#token !== undefined && path !== "/auth/login")
      headers.Authorization = `Bearer ${this.#token}`;
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    let answer = await fetch(this.settings.url + path, request);
    for (let tries = 1; tries < TRIES && answer.status === 429; tries++) {
      await answer.arrayBuffer();
      await sleep(Number(answer.headers.get("Retry-After") ?? 1) * 1000);
      answer = await fetch(this.settings.url + path, request);
    }
    const envelope = JSON.parse(await answer.text());
    if (envelope.errno !== 0)
      throw new Refused(envelope.errno, envelope.errmsg ?? envelope.error ?? "");
    return envelope.data;
  }
}
