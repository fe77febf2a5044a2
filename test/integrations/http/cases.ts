import type { Sent } from "./harness.js";

export interface Case {
  /** What one request is, in words that end a sentence. */
  readonly name: string;
  readonly sent: Sent;
  /** What is recorded, as `recorded()` shows it. */
  readonly record: string;
  /** Where a framework rightly does otherwise. */
  readonly except?: Readonly<Record<string, string>>;
}

const json = { "content-type": "application/json" };

export const cases: readonly Case[] = [
  { name: "a plain answer", sent: { path: "/hello" }, record: "GET /hello 200" },
  {
    name: "a query string",
    sent: { path: "/hello?a=/users/1" },
    record: "GET /hello 200",
    except: { "node:http": "GET (none) 404" },
  },
  { name: "a parameter", sent: { path: "/users/42" }, record: "GET /users/:id 200" },
  { name: "an encoded parameter", sent: { path: "/users/%2Fa%20b" }, record: "GET /users/:id 200" },
  { name: "a path no route has", sent: { path: "/nowhere/42" }, record: "GET (none) 404" },
  {
    name: "a method the route does not have",
    sent: { method: "DELETE", path: "/hello" },
    record: "DELETE (none) 404",
  },
  {
    name: "HEAD on a GET route",
    sent: { method: "HEAD", path: "/hello" },
    record: "HEAD /hello 200",
  },
  {
    name: "OPTIONS nobody has a handler for",
    sent: { method: "OPTIONS", path: "/hello" },
    record: "OPTIONS (none) 200",
    except: { "Fastify 5": "OPTIONS (none) 404", "node:http": "OPTIONS (none) 404" },
  },
  {
    name: "a method that is not told apart",
    sent: { method: "PURGE", path: "/hello" },
    record: "_OTHER (none) 404",
  },
  {
    name: "a body",
    sent: { method: "POST", path: "/echo", headers: json, body: '{"a":1}' },
    record: "POST /echo 200",
  },
  {
    name: "a body that cannot be parsed",
    sent: { method: "POST", path: "/echo", headers: json, body: '{"a":' },
    record: "POST /echo 400",
    // The body is parsed before the routes are looked at.
    except: { "Express 4": "POST (none) 400", "Express 5": "POST (none) 400" },
  },
  {
    name: "a client that asks before it sends its body",
    sent: {
      method: "POST",
      path: "/echo",
      headers: { ...json, expect: "100-continue" },
      body: '{"a":1}',
    },
    record: "POST /echo 200",
  },
  { name: "an answer without a body", sent: { path: "/empty" }, record: "GET /empty 204" },
  { name: "an answer of 304", sent: { path: "/unchanged" }, record: "GET /unchanged 304" },
  { name: "a streamed answer", sent: { path: "/stream" }, record: "GET /stream 200" },
  {
    name: "a handler that throws",
    sent: { path: "/throws/7" },
    record: "GET /throws/:id 500 error 500",
  },
  {
    name: "a handler that rejects",
    sent: { path: "/rejects/7" },
    record: "GET /rejects/:id 500 error 500",
  },
  { name: "a handler that answers twice", sent: { path: "/double" }, record: "GET /double 200" },
  {
    name: "a 401 of whoever asks for a login before any handler of a mount",
    sent: { path: "/org/42/guarded/7" },
    record: "GET /org/:orgId/guarded 401",
    except: { "Fastify 5": "GET /org/:orgId/guarded/:id 401" },
  },
  {
    name: "an error behind a mount with a parameter, mapped by a handler of errors",
    sent: { path: "/org/42/fails/7" },
    record: "GET /org/:orgId/fails/:id 418",
  },
  {
    name: "a 401 before the handler",
    sent: { path: "/private/plans" },
    record: "GET /private/:document 401",
  },
  {
    name: "the root of a mount with a parameter",
    sent: { path: "/org/42/teams" },
    record: "GET /org/:orgId/teams 200",
  },
  {
    name: "the root of a mount with a trailing slash",
    sent: { path: "/org/42/teams/" },
    record: "GET /org/:orgId/teams 200",
  },
  {
    name: "a route three levels deep",
    sent: { path: "/org/42/teams/7/members/9" },
    record: "GET /org/:orgId/teams/:teamId/members/:memberId 200",
  },
  {
    name: "nothing under a mount",
    sent: { path: "/org/42/teams/7/nothing" },
    record: "GET (none) 404",
  },
];
