// The tests of a client, as anybody would write them: `node build/suite.js careful`, or `hasty`.
// They know nothing of the matrix. SAMPAN_URL, SAMPAN_USERNAME and SAMPAN_PASSWORD say where the
// service is, and as whom to log in.
import assert from "node:assert/strict";
import { type Client, Refused } from "./record.js";

const { ImageClient } = await import(`./${process.argv[2]}.js`);
const { SAMPAN_URL: url, SAMPAN_USERNAME: username, SAMPAN_PASSWORD, PAUSE } = process.env;

const client = (password = SAMPAN_PASSWORD): Client =>
  new ImageClient({ url, username, password, pauseMs: Number(PAUSE ?? 0) });
const isPng = (file: Uint8Array) => assert.equal(Buffer.from(file).toString("latin1", 1, 4), "PNG");

const tests: Record<string, () => Promise<void>> = {
  "a picture is drawn": async () => {
    const mine = client();
    for (const prompt of ["A lighthouse in fog", "a harbour at night"]) {
      const job = await mine.draw(prompt);
      assert.equal(job.msg_display, prompt);
      isPng(await mine.download(job));
    }
  },
  "progress goes from 0 to 1": async () => {
    const mine = client();
    await mine.draw("a lighthouse at dawn");
    assert.deepEqual(mine.progress, [...mine.progress].sort((a, b) => a - b));
    assert.ok(mine.progress.every((each) => each >= 0 && each <= 1));
  },
  "a cell is enlarged and varied": async () => {
    const mine = client();
    const grid = await mine.draw("a sampan on a lake");
    isPng(await mine.download(await mine.upscale(grid, 2)));
    assert.notEqual((await mine.vary(grid, 1)).hash, grid.hash);
  },
  "a picture is described": async () => {
    const mine = client();
    const job = await mine.draw("a bridge");
    await mine.download(job);
    const prompts = await mine.describe(job.img_buffer!);
    assert.ok(prompts.length > 0 && prompts.every((each) => each));
  },
  "a wrong password is refused": async () => {
    await assert.rejects(client("wrong").login(), Refused);
  },
};

// `node --test` would do, and take three times as long.
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok ${name}`);
  } catch (problem) {
    console.log(`not ok ${name}: ${problem instanceof Error ? problem.message : problem}`);
    process.exitCode = 1;
  }
}
