// Prints how many ms the import of the module named on the command line takes in this fresh process.
const began = performance.now();
await import(process.argv[2]);
console.log(performance.now() - began);
process.exit(0);
