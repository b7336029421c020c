// What both clients have in common.

/** A record of a job, as far as they read it. */
export interface Job {
  hash: string;
  job_id: string;
  status: number | null;
  error: string | null;
  pct_prog: number | string | null;
  msg_content: string | null;
  msg_display: string | null;
  description: string | null;
  img_buffer: string | null;
}

/** The service said no. */
export class Refused extends Error {
  constructor(
    readonly errno: number,
    message: string,
  ) {
    super(`errno ${errno}: ${message}`);
  }
}

/** Where the service is, as whom to log in, and how long to wait between two polls. */
export interface Settings {
  url: string;
  username: string;
  password: string;
  pauseMs: number;
}

/** What the suite asks of a client. */
export interface Client {
  /** What was reported of the last job, from 0 to 1. */
  progress: number[];
  login(): Promise<void>;
  draw(prompt: string): Promise<Job>;
  upscale(parent: Job, cell: number): Promise<Job>;
  vary(parent: Job, cell: number): Promise<Job>;
  describe(link: string): Promise<string[]>;
  download(job: Job): Promise<Uint8Array>;
}

export const sleep = (ms: number) => new Promise<void>((later) => setTimeout(later, ms));
