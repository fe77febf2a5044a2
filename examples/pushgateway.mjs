// A batch job: it ends before anybody could scrape it, so it pushes. The gateway here is a stand-in
// that prints what it is sent; a real one listens on port 9091.
import { createServer } from "node:http";
import { createAuspex } from "auspex";
import { pushgateway } from "auspex/exporters/prometheus";

const server = createServer(async (request, response) => {
  let page = "";
  for await (const chunk of request) page += chunk;
  console.log(request.method, request.url);
  console.log(page.match(/^rows_total.*$/m)?.[0] ?? "(no page)");
  response.writeHead(202).end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const gateway = pushgateway({
  url: `http://127.0.0.1:${server.address().port}`,
  job: "nightly import",
  grouping: { instance: "host-a" },
});
const auspex = createAuspex({ service: "importer", saturation: false, exporters: [gateway] });

const rows = auspex.counter("rows", { unit: "{row}", description: "Rows imported." });
await auspex.operation("import").run(async () => rows.add(1200));

await auspex.shutdown(); // the last push
await gateway.delete(); // where the numbers should not outlive the job
server.close();
