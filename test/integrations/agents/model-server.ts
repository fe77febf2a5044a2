import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const CHUNK = {
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content: " word" } }],
};
const USAGE = { prompt_tokens: 50, completion_tokens: 10, total_tokens: 60 };

/** A model behind HTTP that speaks like OpenAI's: `stream`, `limited` and `cut` in the body say how. */
export async function modelServer(): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { stream = false, limited = false, cut = false, endless = false } = JSON.parse(body);
    if (limited) {
      response.writeHead(429, { "retry-after": "30", "content-type": "application/json" });
      response.end('{"error":{"code":"rate_limit_exceeded"}}');
    } else if (stream) await sendStream(response, { cut, endless });
    else {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ message: { content: "42" } }], usage: USAGE }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function sendStream(response: ServerResponse, { cut = false, endless = false }) {
  response.setHeader("content-type", "text/event-stream");
  const send = (data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`);
  for (let chunk = 0; chunk < 10 || endless; chunk++) {
    if (response.destroyed) return;
    if (cut && chunk === 5) {
      response.destroy();
      return;
    }
    send({ ...CHUNK, usage: null });
    await sleep(1);
  }
  send({ ...CHUNK, choices: [], usage: USAGE });
  response.end("data: [DONE]\n\n");
}

/** Reads server-sent events, as clients of models do. */
export async function* events(response: Response): AsyncGenerator<unknown> {
  let text = "";
  for await (const piece of (response.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream() as never,
  ) as AsyncIterable<string>) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = text.slice("data: ".length, end);
      text = text.slice(end + 2);
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
}
