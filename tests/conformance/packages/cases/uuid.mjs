// uuid, ids: UUIDs of all versions.
import { NIL, parse, v1, v3, v4, v5, v7, validate, version } from 'uuid';

export async function lambda() {
  return {
    'by name': [[v3('www.example.com', v3.DNS), v5('www.example.com', v5.DNS)], ['5df41881-3aed-3515-88a7-2f4a814cf09e', '2ed6657d-e927-568b-95e1-2665a8aea6a2']],
    'versions': [[v1(), v4(), v7()].map((id) => version(id)), [1, 4, 7]],
    'by time': [v7({ msecs: 0x17f22e279b0, random: new Uint8Array(16).fill(0), seq: 0 }), '017f22e2-79b0-7000-8000-000000000000'],
    'validates': [[validate(NIL), validate('x')], [true, false]],
    'bytes': [[...parse('00010203-0405-4607-8809-0a0b0c0d0e0f')], [0, 1, 2, 3, 4, 5, 70, 7, 136, 9, 10, 11, 12, 13, 14, 15]],
    'fresh': [v4() !== v4(), true],
  };
}
