const top = VERSION;

async function lambda() {
  await null;
  return [top, VERSION, Number(process.env.V)];
}
