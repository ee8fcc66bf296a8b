// What `Toolbelt.SFClient()` returns: connections of jsforce, whose requests take the lambda's own way
// out, through the whitelist. The platform's samples were written for jsforce 1, whose methods take a
// callback and return a promise; those of jsforce 3, which this is, only return the promise.
import jsforce from 'jsforce';

// By kind of object: the methods that take a callback in jsforce 1, and what an object has or makes of
// another kind. An object has its own set: what others `require` of jsforce stays as it is.
const KINDS = {
  connection: {
    methods: [
      'authorize', 'login', 'loginByOAuth2', 'loginBySoap', 'logout', 'logoutByOAuth2', 'logoutBySoap',
      'request', 'requestGet', 'requestPost', 'requestPut', 'requestPatch', 'requestDelete',
      'query', 'queryMore', 'search',
      'create', 'insert', 'retrieve', 'update', 'upsert', 'destroy', 'delete', 'del',
      'describe', 'describe$', 'describeSObject', 'describeSObject$', 'describeGlobal', 'describeGlobal$',
      'identity', 'recent', 'updated', 'deleted', 'tabs', 'limits', 'theme', 'quickActions',
    ],
    has: { oauth2: 'oauth2', apex: 'apex' },
    makes: { query: 'query', queryMore: 'query', sobject: 'sobject', quickAction: 'quickAction' },
  },
  oauth2: { methods: ['refreshToken', 'requestToken', 'authenticate', 'revokeToken'] },
  apex: { methods: ['get', 'post', 'put', 'patch', 'delete', 'del'] },
  sobject: {
    methods: [
      'create', 'insert', 'retrieve', 'update', 'upsert', 'destroy', 'delete', 'del',
      'find', 'findOne', 'select', 'count', 'recent', 'updated', 'deleted',
      'describe', 'describe$', 'layouts', 'layouts$', 'compactLayouts', 'compactLayouts$',
      'approvalLayouts', 'approvalLayouts$', 'listviews', 'quickActions',
    ],
    makes: {
      find: 'query', findOne: 'query', select: 'query', count: 'query',
      record: 'record', listview: 'listview', quickAction: 'quickAction',
    },
  },
  record: { methods: ['retrieve', 'update', 'destroy', 'delete', 'del'] },
  query: { methods: ['execute', 'exec', 'run', 'explain', 'toSOQL', 'update', 'destroy', 'delete', 'del'] },
  listview: { methods: ['results', 'describe', 'explain'] },
  quickAction: { methods: ['describe', 'defaultValues', 'execute'] },
};

const adapted = new WeakSet();

// The function of `update(mapping)` makes the records of a query; as the first argument it is no callback.
function callbackOf(method, args) {
  const isMapping = method === 'update' && args.length === 1;
  return typeof args.at(-1) === 'function' && !isMapping ? args.pop() : undefined;
}

// What the callback throws is nobody's to handle, and fails the invocation. A query whose records go to a
// stream, to be changed or deleted, has another promise that fails, which nobody knows of.
function tell(callback, result, object) {
  result.then((found) => callback(null, found), (error) => callback(error));
  object._promise?.catch(() => {});
}

function callable(object, method) {
  const promised = object[method];
  const either = (...args) => {
    const callback = callbackOf(method, args);
    const result = promised.apply(object, args);
    if (callback) tell(callback, result, object);
    return result;
  };
  return Object.assign(either, promised);
}

function making(object, method, kind) {
  const make = object[method];
  return (...args) => adapt(make.apply(object, args), kind);
}

function adapt(object, kind) {
  if (adapted.has(object)) return object;
  adapted.add(object);
  const { methods, has = {}, makes = {} } = KINDS[kind];
  for (const [method, made] of Object.entries(makes)) object[method] = making(object, method, made);
  for (const method of methods) object[method] = callable(object, method);
  for (const [part, its] of Object.entries(has)) adapt(object[part], its);
  return object;
}

function connectToSalesforce(options) {
  return adapt(new jsforce.Connection(options), 'connection');
}

export function sfClient() {
  return { connectToSalesforce };
}
