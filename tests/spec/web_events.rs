//! Events, targets and abort signals are those of the DOM standard, as Node.js has them.

use serde_json::{Value, json};

use crate::harness::{async_lambda, check, crashed, failed, lambda, returned};

/// A lambda that calls back with the list `seen`.
#[track_caller]
fn sees(body: &str, expected: Value) {
    check(
        lambda(&format!("const seen = []; {body}; callback(null, seen)")),
        returned(expected),
    );
}

#[test]
fn listeners_are_called_in_their_order_once_each() {
    sees(
        "const target = new EventTarget(), listener = e => seen.push(['first', e.type, e.target === target]);
         target.addEventListener('x', listener);
         target.addEventListener('x', listener);
         target.addEventListener('x', { handleEvent(e) { seen.push(['object', e.detail]); } });
         target.dispatchEvent(new CustomEvent('x', { detail: 7 }));
         target.dispatchEvent(new Event('y'))",
        json!([["first", "x", true], ["object", 7]]),
    );
}

#[test]
fn a_listener_may_be_removed_run_once_or_end_with_a_signal() {
    sees(
        "const target = new EventTarget(), ended = new AbortController(), removed = () => seen.push('removed');
         target.addEventListener('x', removed);
         target.removeEventListener('x', removed);
         target.addEventListener('x', () => seen.push('once'), { once: true });
         target.addEventListener('x', () => seen.push('until'), { signal: ended.signal });
         target.dispatchEvent(new Event('x'));
         ended.abort();
         target.dispatchEvent(new Event('x'))",
        json!(["once", "until"]),
    );
}

#[test]
fn an_event_may_be_cancelled_and_stopped() {
    sees(
        "const target = new EventTarget();
         target.addEventListener('x', e => { e.preventDefault(); e.stopImmediatePropagation(); });
         target.addEventListener('x', () => seen.push('not reached'));
         const event = new Event('x', { cancelable: true });
         seen.push(target.dispatchEvent(event), event.defaultPrevented, event.isTrusted, event.eventPhase);
         const firm = new Event('x');
         seen.push(target.dispatchEvent(firm), firm.defaultPrevented)",
        json!([false, true, false, 0, true, false]),
    );
}

#[test]
fn what_a_listener_throws_fails_the_lambda_and_the_others_still_run() {
    let report = check(
        lambda(
            "const target = new EventTarget();
             target.addEventListener('x', () => { throw new Error('from a listener'); });
             target.addEventListener('x', () => console.info('the next'));
             target.dispatchEvent(new Event('x'));
             setTimeout(() => callback(null, 'too late'), 10)",
        ),
        failed("from a listener"),
    );
    assert_eq!(report.logs[0].message, "the next");
}

#[test]
fn a_class_may_extend_event_target() {
    sees(
        "class Door extends EventTarget { open() { this.dispatchEvent(new Event('open')); } }
         const door = new Door();
         door.addEventListener('open', function (e) { seen.push(this === door, e.currentTarget === door); });
         door.open();
         seen.push(require('events').getEventListeners(door, 'open').length)",
        json!([true, true, 1]),
    );
}

#[test]
fn a_controller_aborts_its_signal_once_and_with_its_reason() {
    sees(
        "const { signal, abort } = (c => ({ signal: c.signal, abort: r => c.abort(r) }))(new AbortController());
         signal.onabort = e => seen.push(['onabort', e.isTrusted]);
         signal.addEventListener('abort', () => seen.push(signal.reason));
         abort('because'); abort('again');
         try { signal.throwIfAborted(); } catch (reason) { seen.push(reason); }",
        json!([["onabort", true], "because", "because"]),
    );
}

#[test]
fn the_reason_is_an_abort_error_unless_one_is_given() {
    sees(
        "const { reason } = AbortSignal.abort();
         seen.push(reason.name, reason.code, reason instanceof DOMException, reason instanceof Error, `${reason}`)",
        json!([
            "AbortError",
            20,
            true,
            true,
            "AbortError: This operation was aborted"
        ]),
    );
}

#[test]
fn a_signal_may_follow_the_clock() {
    check(
        async_lambda(
            "const signal = AbortSignal.timeout(5);
             signal.onabort = () => callback(null, [signal.aborted, signal.reason.name, signal.reason.code])",
        ),
        returned(json!([true, "TimeoutError", 23])),
    );
}

#[test]
fn a_signal_may_follow_any_of_others() {
    sees(
        "const a = new AbortController(), b = new AbortController();
         const any = AbortSignal.any([a.signal, b.signal]), of = AbortSignal.any([any]);
         b.signal.addEventListener('abort', () => seen.push(any.aborted, of.aborted));
         of.addEventListener('abort', () => seen.push(of.reason));
         b.abort('b');
         seen.push(AbortSignal.any([a.signal, AbortSignal.abort('c')]).reason, AbortSignal.any([]).aborted)",
        json!([true, true, "b", "c", false]),
    );
}

#[test]
fn a_signal_cannot_be_made_by_hand() {
    check(lambda("new AbortSignal()"), crashed("Illegal constructor"));
}

#[test]
fn a_dom_exception_has_its_name_and_code() {
    sees(
        "const e = new DOMException('gone', 'NotFoundError');
         seen.push(e.name, e.message, e.code, DOMException.NOT_FOUND_ERR, typeof e.stack, String(e))",
        json!([
            "NotFoundError",
            "gone",
            8,
            8,
            "string",
            "NotFoundError: gone"
        ]),
    );
}

#[test]
fn marks_are_told_to_whoever_observes_them() {
    check(
        lambda(
            "new PerformanceObserver((list) => callback(null, list.getEntries().map(({ name, entryType }) => [name, entryType])))
               .observe({ entryTypes: ['mark', 'measure'] });
             performance.mark('a'); performance.measure('b', 'a');
             if (!(performance.getEntriesByName('a')[0] instanceof PerformanceMark)) throw new Error('another class');",
        ),
        returned(json!([["a", "mark"], ["b", "measure"]])),
    );
}
