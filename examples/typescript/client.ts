// A small, typical client.

export interface Job {
  hash: string;
  status: number | null;
  error: string | null;
  img_buffer: string | null;
}

export class ImageClient {
  #token = "";

  constructor(
    readonly url: string,
    readonly interval = 2000,
  ) {}

  async login(username: string, password: string): Promise<void> {
    const data = await this.#post<{ token: string }>("/auth/login", { username, password });
    this.#token = data.token;
  }

  create(content: string): Promise<string> {
    return this.#post("/jobs/create", { content });
  }

  async finished(hash: string): Promise<Job> {
    for (;;) {
      const { res } = await this.#post<{ res: Job[] }>("/jobs/find", { limit: 10 });
      const job = res.find((job) => job.hash === hash);
      if (job?.status === 2000) return job;
      if (job?.error) throw new Error(job.error);
      await new Promise((later) => setTimeout(later, this.interval));
    }
  }

  async #post<T>(path: string, body: unknown): Promise<T> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const response = await fetch(this.url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (answer.errno !== 0) throw new Error(answer.errmsg ?? answer.error);
    return answer.data;
  }
}
