// Starts the fake once for all tests, on a free port, and stops it after them.
// If `sampan` is not on the path, SAMPAN names the command.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    fake: string;
  }
}

export default async function setup(project: TestProject) {
  const command = process.env.SAMPAN ?? "sampan";
  const fake = spawn(command, ["serve", "--port", "0", "--ready-json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((ready, failed) => {
    fake.once("error", failed);
    fake.once("exit", (code) => failed(new Error(`the fake ended with ${code}`)));
    createInterface(fake.stdout).once("line", (line) => ready(JSON.parse(line).url));
  });
  project.provide("fake", url);
  return () => new Promise<void>((ended) => fake.once("exit", () => ended()) && fake.kill());
}
