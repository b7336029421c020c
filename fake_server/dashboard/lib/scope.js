// Whose things the page shows: one account's or everybody's.

import { control } from "./api.js";

const KEPT = "sampan-account";

export const scope = { account: sessionStorage.getItem(KEPT) ?? "", accounts: [] };

export function choose(account) {
  scope.account = account;
  sessionStorage.setItem(KEPT, account);
}

/** Read which accounts there are; one that is gone is no longer chosen. */
export async function readAccounts() {
  scope.accounts = (await control("GET", "accounts")).accounts;
  if (scope.account && !scope.accounts.some((each) => each.username === scope.account)) choose("");
  return scope.accounts;
}

/** The accounts that there are, to choose from. */
export const accountOptions = () => scope.accounts.map(({ username }) => [username, username]);

/** `account` for a body or a query: nothing for everybody. */
export const ofAccount = () => (scope.account ? { account: scope.account } : {});

/** The account that acts for a person: the chosen one, else the first that may submit jobs. */
export function acting() {
  if (scope.account) return scope.account;
  const able = scope.accounts.find((each) => each.plan !== "none") ?? scope.accounts[0];
  return able?.username ?? null;
}
