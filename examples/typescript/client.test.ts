import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { ImageClient } from "./client";
import { Sampan, type SampanAccount } from "./sampan";

const fake = Sampan.at(inject("fake"));
let account: SampanAccount;
let client: ImageClient;

// Every test has its own account, which is a sandbox, so tests can run in parallel.
beforeEach(async () => {
  account = await fake.account();
  await account.auto(); // each poll moves time forward: no waiting
  client = new ImageClient(account.url, 0);
  await client.login(account.username, account.password);
});
afterEach(() => account.delete());

test("a picture is drawn", async () => {
  const job = await client.finished(await client.create("a lighthouse in fog"));
  const picture = await fetch(job.img_buffer!);
  expect(picture.headers.get("content-type")).toBe("image/png");
  expect((await picture.arrayBuffer()).byteLength).toBeGreaterThan(1000);
});

test("a failed job is reported", async () => {
  await account.scenario("fail", 46);
  const hash = await client.create("a lighthouse");
  await expect(client.finished(hash)).rejects.toThrow("job failed");
});

test("a server error is reported, and nothing is submitted twice", async () => {
  await account.fault("ERRNO", { errno: 501, operation: "createJob", times: 1 });
  await expect(client.create("a lighthouse")).rejects.toThrow("SERVICE_ERROR");
  const [request, ...more] = await account.requests("createJob");
  expect(request).toMatchObject({ errno: 501, request_body: { content: "a lighthouse" } });
  expect(more).toEqual([]);
});

test("a job takes as long as the test says", async () => {
  await account.freeze();
  const hash = await client.create("a lighthouse");
  const transitions = await account.advance("1h");
  expect(transitions.at(-1)).toMatchObject({ hash, state: "finished" });
  await account.resume();
});

test("a refusal of the control API says why", async () => {
  const wrong = "createJobs" as "createJob";
  await expect(account.fault("ERRNO", { errno: 501, operation: wrong })).rejects.toThrow("createJob");
});
