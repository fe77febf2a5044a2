// Prints how many ms the import of the module named on the command line takes in this fresh process;
// with "monitor" behind it, until the first monitor is made.
const [, , specifier, then] = process.argv;
const began = performance.now();
const { createAuspex } = await import(specifier);
if (then === "monitor") createAuspex({ service: "probe" });
console.log(performance.now() - began);
process.exit(0);
