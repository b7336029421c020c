// A client that works today, with whatever the service happens to do: it relies on five readings
// of the page that the page does not promise. `sampan matrix` finds them.
import { type Client, type Job, Refused, type Settings, sleep } from "./record.js";

/** Only 2000 is on the page (pending-statuses). */
const STATES: Record<number, string> = { 0: "queued", 1000: "running", 2000: "finished", 4000: "failed" };

export class ImageClient implements Client {
  progress: number[] = [];
  #token = "";

  constructor(readonly settings: Settings) {}

  async login(): Promise<void> {
    const { username, password } = this.settings;
    this.#token = (await this.#post<{ token: string }>("/auth/login", { username, password })).token;
  }

  draw = (content: string) => this.#make("/jobs/create", { content });
  upscale = (parent: Job, cell: number) =>
    this.#make("/jobs/upscale", { parent_hash: parent.hash, grid_num: cell });
  vary = (parent: Job, cell: number) =>
    this.#make("/jobs/variation", { parent_id: parent.job_id, grid_num: cell });

  async describe(link: string): Promise<string[]> {
    const job = await this.#make("/jobs/describe", { content: link });
    const [first, second, third, fourth] = job.description!.split("\n\n");
    return [first!, second!, third!, fourth!].map((each) => each.trim()); // four (describe-result)
  }

  async download(job: Job): Promise<Uint8Array> {
    return new Uint8Array(await (await fetch(job.img_buffer!)).arrayBuffer());
  }

  async #make(path: string, body: object): Promise<Job> {
    if (this.#token === "") await this.login();
    await this.#post<string>(path, body);
    this.progress = [];
    for (;;) {
      // The newest comes first (find-order).
      const [job] = (await this.#post<{ res: Job[] }>("/jobs/find", { limit: 1 })).res;
      const state = STATES[job!.status!];
      if (state === undefined) throw new Error(`unknown status ${job!.status}`);
      if (state === "finished") return job!;
      if (state === "failed") throw new Error(job!.error!);
      // A number (progress-type).
      if (state === "running") this.progress.push(Number((job!.pct_prog as number).toFixed()) / 100);
      await sleep(this.settings.pauseMs);
    }
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(this.settings.url + path, request);
    const envelope = await answer.json();
    if (envelope.errno !== 0) throw new Refused(envelope.errno, envelope.errmsg ?? envelope.error);
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`); // (success-http-status)
    return envelope.data;
  }
}
