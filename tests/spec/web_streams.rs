//! Web streams, blobs and forms are those of their standards.

use serde_json::{Value, json};

use crate::harness::{async_lambda, check, returned};

/// An async lambda that calls back with what its body returns.
#[track_caller]
fn gives(body: &str, expected: Value) {
    let wrapped = format!("callback(null, await (async () => {{ {body} }})())");
    check(async_lambda(&wrapped), returned(expected));
}

#[test]
fn a_readable_stream_is_read_chunk_by_chunk() {
    gives(
        "const stream = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } });
         const seen = [];
         for await (const chunk of stream) seen.push(chunk);
         return [seen, stream.locked, ReadableStream.name]",
        json!([["a", "b"], false, "ReadableStream"]),
    );
}

#[test]
fn streams_are_piped_through_transforms() {
    gives(
        "const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); } });
         const seen = [];
         await ReadableStream.from(['a', 'b']).pipeThrough(upper)
           .pipeTo(new WritableStream({ write(chunk) { seen.push(chunk); }, close() { seen.push('closed'); } }));
         return seen",
        json!(["A", "B", "closed"]),
    );
}

#[test]
fn a_strategy_makes_the_writer_wait() {
    gives(
        "const { writable } = new TransformStream({}, new CountQueuingStrategy({ highWaterMark: 2 }));
         const writer = writable.getWriter(), sizes = [writer.desiredSize];
         writer.write(1).catch(() => {}); sizes.push(writer.desiredSize);
         sizes.push(new ByteLengthQueuingStrategy({ highWaterMark: 9 }).size(new Uint8Array(4)));
         return sizes",
        json!([2, 1, 4]),
    );
}

#[test]
fn a_stream_is_read_twice_with_tee_and_ended_with_cancel() {
    gives(
        "const seen = [];
         const [a, b] = ReadableStream.from([1, 2]).tee();
         for await (const x of a) seen.push(x);
         for await (const x of b) seen.push(x);
         await new ReadableStream({ cancel(why) { seen.push(why); } }).cancel('enough');
         return seen",
        json!([1, 2, 1, 2, "enough"]),
    );
}

#[test]
fn a_pipe_ends_with_its_signal() {
    gives(
        "const controller = new AbortController();
         const endless = new ReadableStream({ pull(c) { c.enqueue('x'); controller.abort(); } });
         try { await endless.pipeTo(new WritableStream(), { signal: controller.signal }); }
         catch (error) { return error.name; }",
        json!("AbortError"),
    );
}

#[test]
fn bytes_may_be_read_into_a_buffer_of_ones_own() {
    gives(
        "const reader = new Blob(['hello']).stream().getReader({ mode: 'byob' });
         const first = await reader.read(new Uint8Array(3));
         const second = await reader.read(new Uint8Array(3));
         const third = await reader.read(new Uint8Array(3));
         return [[...first.value], [...second.value], third.done]",
        json!([[104, 101, 108], [108, 111], true]),
    );
}

#[test]
fn text_streams_keep_characters_whole() {
    gives(
        "const bytes = new TextEncoder().encode('ä😀'), seen = [];
         const halves = ReadableStream.from([bytes.slice(0, 1), bytes.slice(1, 4), bytes.slice(4)]);
         for await (const text of halves.pipeThrough(new TextDecoderStream())) seen.push(text);
         const pieces = ReadableStream.from(['\\ud83d', '\\ude00']).pipeThrough(new TextEncoderStream());
         const encoded = [];
         for await (const chunk of pieces) encoded.push(...chunk);
         return [seen.join(''), encoded]",
        json!(["ä😀", [240, 159, 152, 128]]),
    );
}

#[test]
fn a_blob_holds_bytes_and_gives_parts_of_them() {
    gives(
        "const blob = new Blob(['hel', new TextEncoder().encode('lo'), new Blob([' wörld'])], { type: 'Text/Plain' });
         const part = blob.slice(-6, -1, 'x/y');
         return [blob.size, blob.type, await blob.text(), await part.text(), part.type,
           (await blob.arrayBuffer()).byteLength, [...await new Blob(['ab']).bytes()], blob instanceof require('buffer').Blob]",
        json!([
            12,
            "text/plain",
            "hello wörld",
            "wörl",
            "x/y",
            12,
            [97, 98],
            true
        ]),
    );
}

#[test]
fn a_file_is_a_blob_with_a_name_and_a_time() {
    gives(
        "const file = new File(['x'], 'a.txt', { type: 'text/plain', lastModified: 5 });
         return [file.name, file.lastModified, file.size, file instanceof Blob, file.type]",
        json!(["a.txt", 5, 1, true, "text/plain"]),
    );
}

#[test]
fn form_data_keeps_its_entries_in_order() {
    gives(
        "const form = new FormData();
         form.append('a', 1); form.append('b', 'x'); form.append('a', 2);
         form.set('b', new Blob(['y'], { type: 't/u' }), 'b.bin');
         form.delete('none');
         const entries = [...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.name]);
         return [entries, form.get('a'), form.getAll('a'), form.has('c'), form.get('c')]",
        json!([
            [["a", "1"], ["b", "b.bin"], ["a", "2"]],
            "1",
            ["1", "2"],
            false,
            null
        ]),
    );
}

#[test]
fn a_form_is_read_back_from_what_was_written() {
    gives(
        "const form = new FormData();
         form.append('plain \"ä\"', 'one\\ntwo');
         form.append('file', new File([new Uint8Array([0, 255, 13, 10])], 'b.bin', { type: 'a/b' }));
         const back = await new Response(form).formData(), file = back.get('file');
         return [back.get('plain \"ä\"'), file.name, file.type, [...await file.bytes()]]",
        json!(["one\r\ntwo", "b.bin", "a/b", [0, 255, 13, 10]]),
    );
}
