// What `Toolbelt.OrchestratorClient()` returns: calls of the account's other lambdas, in a row or at once,
// until they are all answered or a deadline has passed.
import { lambdaInvoke } from 'sandglass:native';
import { located } from 'sandglass:toolbelt/call_site';
import { ErrorStrategy } from 'sandglass:toolbelt/constants';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { failing, ToolBeltError } from 'sandglass:toolbelt/v2/error';

const COMPONENT = 'OrchestratorFN';
const { General, Timeout, Invocation: { StatusError } } = ErrorCodes.OrchestratorFN;

const DEADLINE_MAX_MS = 25_000;
const RETRIES = 3;
const PAUSE_MS = 100;
const PASSING_STATUS = [429, 500, 502, 504];
const PASSING_CODES = ['ENOTFOUND', 'ECONNRESET', 'ETIMEDOUT', 'ESOCKETTIMEDOUT'];

// Whether another attempt may end differently. What a lambda's own code did, 901, it will do again.
function mayPass(statusCode, error) {
  return PASSING_STATUS.includes(statusCode) || PASSING_CODES.includes(error?.code);
}

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

function isDuration(value) {
  return typeof value === 'number' && value > 0;
}

function check(invocations, deadline, { timeout, errorStrategy = ErrorStrategy.EXIT_ON_ERROR }) {
  if (!Array.isArray(invocations) || invocations.length === 0) {
    throw failed(General, 'Please provide one or more invocations');
  }
  const unnamed = invocations.findIndex((invocation) => typeof invocation?.uuid !== 'string');
  if (unnamed !== -1) throw failed(General, `Please provide the uuid of the lambda in invocation ${unnamed}`);
  if (!isDuration(deadline)) throw failed(General, 'Please provide a deadline in milliseconds');
  if (timeout !== undefined && !isDuration(timeout)) {
    throw failed(General, 'Please provide the timeout in milliseconds');
  }
  if (!Object.values(ErrorStrategy).includes(errorStrategy)) {
    throw failed(General, `There is no error strategy ${errorStrategy}`);
  }
}

function capped(deadline) {
  if (deadline <= DEADLINE_MAX_MS) return deadline;
  console.warn(`A deadline of ${deadline} ms is more than the longest, ${DEADLINE_MAX_MS} ms, which is used instead`);
  return DEADLINE_MAX_MS;
}

function inputOf({ payload = {}, headers = {} }) {
  const pairs = Object.entries(headers).map(([key, value]) => ({ key, value: `${value}` }));
  return JSON.stringify({ timestamp: Date.now(), payload, headers: pairs });
}

// No answer, as Node.js would tell it of a request.
function unanswered(uuid, { error, detail }) {
  switch (error) {
    case 'timed-out':
      return { uuid, error: { code: 'ESOCKETTIMEDOUT', message: `The lambda ${uuid} did not answer in time` } };
    case 'too-deep': {
      const message = `The lambda ${uuid} was not called: ${detail} lambdas that call one another are the most`;
      return { uuid, statusCode: 508, error: { code: General, message } };
    }
    case 'unavailable':
      return { uuid, error: { code: General, message: 'There are no other lambdas here' } };
    default:
      return { uuid, error: { code: General, message: detail } };
  }
}

function bodyOf(text, isJson) {
  if (!isJson) return text;
  return text === '' ? undefined : JSON.parse(text);
}

async function attempt(invocation, timeout, json) {
  const { uuid } = invocation;
  const answer = await lambdaInvoke(uuid.toWellFormed(), inputOf(invocation), Math.max(0, Math.ceil(timeout)));
  if (answer.error !== undefined) return unanswered(uuid, answer);
  const { status: statusCode, headers, body: text } = answer;
  const body = bodyOf(text, json && /\bjson\b/.test(headers['content-type'] ?? ''));
  const result = { uuid, body, headers, statusCode };
  if (statusCode >= 200 && statusCode < 300) return result;
  return { ...result, error: { code: StatusError, message: 'Invocation failed with a non 2XX error' } };
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

// Calls one lambda until it has answered well, or shall not be called again.
async function perform(invocation, { deadline, end, timeout = deadline, json = true }) {
  const { uuid, retries = RETRIES, retryFunction = mayPass } = invocation;
  const message = `Invocations timed out after a deadline of ${deadline} ms`;
  for (let attempts = 1; Date.now() < end; attempts += 1) {
    const result = await attempt(invocation, Math.min(timeout, end - Date.now()), json);
    if (result.error === undefined) return result;
    if (Date.now() >= end) break;
    if (attempts > retries || !retryFunction(result.statusCode, result.error)) return result;
    await pause(Math.min(attempts * PAUSE_MS, end - Date.now()));
  }
  return { uuid, error: { code: Timeout, message } };
}

function orThrow(result) {
  if (result.error === undefined) return result;
  const { code, message } = result.error;
  throw Object.assign(failed(code, message), { invocation: result });
}

async function invoke(invocations, wanted, options) {
  check(invocations, wanted, options);
  const { errorStrategy = ErrorStrategy.EXIT_ON_ERROR, invokeParallel = false } = options;
  const deadline = capped(wanted);
  const bounds = { ...options, deadline, end: Date.now() + deadline };
  const settle = errorStrategy === ErrorStrategy.EXIT_ON_ERROR ? orThrow : (result) => result;
  const settled = async (invocation) => settle(await perform(invocation, bounds));
  if (invokeParallel) return Promise.all(invocations.map(settled));
  const results = [];
  for (const invocation of invocations) results.push(await settled(invocation));
  return results;
}

class OrchestratorClient {
  invoke(invocations, deadline, options = {}) {
    return located(() => invoke(invocations, deadline, options), failing(COMPONENT, General));
  }
}

export function orchestratorClient() {
  return new OrchestratorClient();
}
