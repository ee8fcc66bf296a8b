# One warm isolate on one loopback socket; the port is chosen by the system and reported on the
# control file descriptor.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "hello", worker = .hello)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "hello")],
);

const hello :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "hello-worker.js")],
  compatibilityDate = "2026-11-01",
);
