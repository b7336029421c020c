// Starts the fake once for all tests, on a free port, and stops it after them.
import type { TestProject } from "vitest/node";
import { Sampan } from "./sampan";

declare module "vitest" {
  export interface ProvidedContext {
    fake: string;
  }
}

export default async function setup(project: TestProject) {
  const fake = await Sampan.start();
  project.provide("fake", fake.url);
  return () => fake.stop();
}
