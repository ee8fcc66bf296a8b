// What does `performance` keep of resources that were loaded? What others mark, as undici does; the lambda's own
// requests are not marked.
import { Event } from 'sandglass:events';
import { entriesOf, keep, OWN, PerformanceEntry, tell } from 'sandglass:perf/entries';

const FIELDS = {
  initiatorType: ({ initiatorType }) => initiatorType,
  nextHopProtocol: ({ connection }) => connection?.ALPNNegotiatedProtocol,
  workerStart: ({ timing }) => timing.finalServiceWorkerStartTime,
  redirectStart: ({ timing }) => timing.redirectStartTime,
  redirectEnd: ({ timing }) => timing.redirectEndTime,
  fetchStart: ({ timing }) => timing.postRedirectStartTime,
  domainLookupStart: ({ connection }) => connection?.domainLookupStartTime,
  domainLookupEnd: ({ connection }) => connection?.domainLookupEndTime,
  connectStart: ({ connection }) => connection?.connectionStartTime,
  connectEnd: ({ connection }) => connection?.connectionEndTime,
  secureConnectionStart: ({ connection }) => connection?.secureConnectionStartTime,
  requestStart: ({ timing }) => timing.finalNetworkRequestStartTime,
  responseStart: ({ timing }) => timing.finalNetworkResponseStartTime,
  responseEnd: ({ timing }) => timing.endTime,
  // The headers of an answer count as 300 bytes.
  transferSize: ({ timing, cacheMode }) => (cacheMode === 'local' ? 0 : timing.encodedBodySize + 300),
  encodedBodySize: ({ timing }) => timing.encodedBodySize,
  decodedBodySize: ({ timing }) => timing.decodedBodySize,
};

export class PerformanceResourceTiming extends PerformanceEntry {
  #resource;

  constructor(own, name, resource) {
    const { startTime, endTime } = resource?.timing ?? {};
    super(own, { name, entryType: 'resource', startTime, duration: endTime - startTime });
    this.#resource = resource;
  }

  toJSON() {
    return { ...super.toJSON(), ...Object.fromEntries(Object.keys(FIELDS).map((name) => [name, this[name]])) };
  }

  static {
    for (const [name, field] of Object.entries(FIELDS)) {
      Object.defineProperty(this.prototype, name, {
        get() { return field(this.#resource); }, enumerable: true, configurable: true,
      });
    }
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'PerformanceResourceTiming', configurable: true });
  }
}

// ---- the buffer ------------------------------------------------------------------------------------

let most = 250;
let waiting = [];
let isFull = false;

export function setBufferSize(size) {
  most = size;
}

// Says that the buffer is full, as long as that makes room for some of those that wait.
function makeRoom() {
  while (waiting.length > 0) {
    globalThis.performance.dispatchEvent(new Event('resourcetimingbufferfull'));
    const room = Math.min(Math.max(most - entriesOf('resource').length, 0), waiting.length);
    waiting.slice(0, room).forEach(keep);
    if (room === 0) waiting = [];
    else waiting = waiting.slice(room);
  }
  isFull = false;
}

function buffer(entry) {
  if (!isFull && entriesOf('resource').length < most) {
    keep(entry);
    return;
  }
  if (!isFull) {
    isFull = true;
    globalThis.setImmediate(makeRoom);
  }
  waiting.push(entry);
}

export function mark(timing, name, initiatorType, _global, cacheMode = '') {
  const connection = timing.finalConnectionTimingInfo;
  const entry = new PerformanceResourceTiming(OWN, name, { timing, connection, initiatorType, cacheMode });
  tell(entry);
  buffer(entry);
  return entry;
}
