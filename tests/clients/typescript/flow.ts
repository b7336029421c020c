// The whole flow with types by openapi-typescript and calls by openapi-fetch, as a user would write
// it:   SAMPAN_USERNAME=abc SAMPAN_PASSWORD=abc-secret node built/flow.js BASE_URL FOLDER
// image-api.d.ts is generated from openapi/openapi.yaml; client.sh does that, and runs this.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./image-api.js";

type JobRecord = components["schemas"]["JobRecord"];
type Submission = components["schemas"]["SubmissionAnswer"];

const FINISHED = 2000;
const PATIENCE = 30_000; // ms that a job may take
const ENOUGH = 50; // records in a listing: that the newest come first is open (question find-order)
const PAUSE = 50; // ms between polls; a live job takes a minute, so ask it every few seconds

function fail(what: string, answer: unknown): never {
  throw new Error(`${what}: ${JSON.stringify(answer)}`);
}

/** The value of an answer under any HTTP status: failures are told by errno. */
function envelope<T, E>(answer: { data?: T; error?: E }): T | E {
  return answer.data ?? answer.error ?? fail("no envelope", answer);
}

/** A client that sends the token of a login. */
async function loggedIn(baseUrl: string, username: string, password: string): Promise<Client<paths>> {
  const stranger = createClient<paths>({ baseUrl });
  const answer = envelope(await stranger.POST("/auth/login", { body: { username, password } }));
  if (answer.errno !== 0) fail("login refused", answer);
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${answer.data.token}` } });
}

/** The hash of a submission that was accepted. */
function accepted(answer: Submission): string {
  if (answer.errno !== 0) fail("submission refused", answer);
  return answer.data;
}

/** The record of a job, once it is finished. */
async function finished(client: Client<paths>, hash: string): Promise<JobRecord> {
  const giveUp = Date.now() + PATIENCE;
  while (Date.now() < giveUp) {
    const answer = envelope(await client.POST("/jobs/find", { body: { limit: ENOUGH } }));
    if (answer.errno !== 0) fail("find refused", answer);
    const record = answer.data.res.find((found) => found.hash === hash);
    if (record?.status === FINISHED) return record;
    await sleep(PAUSE);
  }
  return fail(`not finished after ${PATIENCE} ms`, hash);
}

/** Saves the picture of a finished job. No token is sent: pictures may be on another host. */
async function download(record: JobRecord, folder: string, name: string): Promise<void> {
  if (record.img_buffer === null) fail("no picture", record.hash);
  const response = await fetch(record.img_buffer);
  if (!response.ok) fail(`picture answers ${response.status}`, record.img_buffer);
  const picture = new Uint8Array(await response.arrayBuffer());
  if (picture.length !== record.img_length) fail(`${picture.length} bytes`, record.img_length);
  await writeFile(join(folder, name), picture);
  console.log(`${name}: ${record.job_type}, ${record.img_width}x${record.img_height}`);
}

/** Failures are told apart by errno, and TypeScript knows which keys each of them has. */
async function refusals(baseUrl: string, client: Client<paths>, grid: JobRecord): Promise<void> {
  const stranger = createClient<paths>({ baseUrl });
  const unknown = envelope(await stranger.POST("/jobs/find", { body: {} }));
  if (unknown.errno !== 430) fail("find without a token", unknown);
  console.log(`find without a token: ${unknown.errno} ${unknown.error ?? unknown.errmsg}`);

  const missing = envelope(
    await client.POST("/jobs/upscale", { body: { parent_hash: "no such job", grid_num: 1 } }),
  );
  if (missing.errno !== 420 && missing.errno !== 410) fail("upscale of nothing", missing);
  console.log(`upscale of nothing: ${missing.errno} ${missing.errmsg}`);

  const fifth = envelope(
    await client.POST("/jobs/upscale", { body: { parent_hash: grid.hash, grid_num: 5 } }),
  );
  if (fifth.errno !== 301) fail("upscale of a fifth cell", fifth);
  console.log(`upscale of a fifth cell: ${fifth.errno} ${fifth.errmsg}`);
}

/** Log in, create, poll, upscale, poll, download; then the other submissions and refusals. */
async function flow(baseUrl: string, folder: string): Promise<void> {
  const { SAMPAN_USERNAME: username = "abc", SAMPAN_PASSWORD: password = "abc-secret" } = process.env;
  const client = await loggedIn(baseUrl, username, password);

  const content = "Shanghai cyberpunk";
  const created = accepted(envelope(await client.POST("/jobs/create", { body: { content } })));
  const grid = await finished(client, created);
  await download(grid, folder, "grid.png");

  const choice = { parent_hash: grid.hash, grid_num: 2 };
  const enlarged = accepted(envelope(await client.POST("/jobs/upscale", { body: choice })));
  const upscale = await finished(client, enlarged);
  await download(upscale, folder, "upscale.png");

  const { job_id: parent_id, original_url: first } = grid;
  const { original_url: second } = upscale;
  if (parent_id === null || first === null || second === null) fail("incomplete", [grid, upscale]);
  const variation = { parent_id, grid_num: 1 };
  const remix = { parent_id, grid_num: 4, content: "Shanghai at dawn" };
  for (const [name, body] of Object.entries({ variation, remix })) {
    const child = accepted(envelope(await client.POST("/jobs/variation", { body })));
    await download(await finished(client, child), folder, `${name}.png`);
  }

  const links = { content: `${first} ${second}` };
  const blend = accepted(envelope(await client.POST("/jobs/blend", { body: links })));
  await download(await finished(client, blend), folder, "blend.png");

  const link = { content: first };
  const describe = accepted(envelope(await client.POST("/jobs/describe", { body: link })));
  const described = await finished(client, describe);
  // Where the prompts stand is open (question describe-result).
  console.log(`description: ${described.description ?? described.msg_content}`);
  await refusals(baseUrl, client, grid);
}

const [baseUrl, folder] = process.argv.slice(2);
if (baseUrl === undefined || folder === undefined) {
  console.error("flow.js BASE_URL FOLDER");
  process.exit(2);
}
await flow(baseUrl, folder);
