// The JSON work of ../lambdas/hello.js: parse the request, build the greeting, write it as JSON.
export default {
  async fetch(request) {
    const input = await request.json();
    return Response.json({ message: `Hello ${input.payload.name}` });
  },
};
