import { randomUUID } from "node:crypto";
import { beforeEach, expect, inject, test } from "vitest";
import { ImageClient } from "./client";

const url = inject("fake");
let username: string;
let client: ImageClient;

/** Calls the fake's control API; see openapi/admin.yaml. */
async function admin(path: string, body: object) {
  const response = await fetch(`${url}/__admin/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.json();
}

// Every test has its own account, which is a sandbox, so tests can run in parallel.
beforeEach(async () => {
  username = randomUUID();
  await admin("accounts", { username, password: "secret" });
  await admin("clock/auto", { account: username }); // each poll moves time forward: no waiting
  client = new ImageClient(url, 0);
  await client.login(username, "secret");
});

test("a picture is drawn", async () => {
  const job = await client.finished(await client.create("a lighthouse in fog"));
  const picture = await fetch(job.img_buffer!);
  expect(picture.headers.get("content-type")).toBe("image/png");
  expect((await picture.arrayBuffer()).byteLength).toBeGreaterThan(1000);
});

test("a failed job is reported", async () => {
  const hash = await client.create("a lighthouse --fake fail");
  await expect(client.finished(hash)).rejects.toThrow("job failed");
});

test("a server error is reported", async () => {
  const match = { account: username, operation: "createJob" };
  await admin("faults", { match, type: "ERRNO", errno: 501, times: 1 });
  await expect(client.create("a lighthouse")).rejects.toThrow("SERVICE_ERROR");
});
