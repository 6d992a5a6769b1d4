/**
 * What a stranger reads first, at the top of /docs and in docs/api.md: a city in a dozen commands. Promise: each of them runs as it is
 * on a city that was started with `npm start`; a test sends them (test/http/ExamplesSuite.ts).
 */

/** Markdown; shown by Swagger UI above the list of operations. */
export const firstFiveMinutes = `\`jq\` only makes answers shorter to read; leave it out where you do not have it.

\`\`\`sh
# What city is this: its time zone, how many sensors and districts, where every observation went.
curl -s http://127.0.0.1:8080/health/diagnostics | jq '{timeZone, totals, districts, accounting}'

# Where is life worst, and why? One sentence each.
curl -s http://127.0.0.1:8080/v1/districts | jq -r '.items | map(select(.quality)) | sort_by(.quality.index)[] | "\\(.quality.index | round) \\(.name): \\(.quality.sentence)"'

# One district: the parts that its index is made of, and what was measured.
curl -s http://127.0.0.1:8080/v1/districts/kallio | jq '{quality, properties, until: .end}'

# How it was in the last two hours, step by step of five minutes; and its noise hour by hour.
curl -s 'http://127.0.0.1:8080/v1/districts/kallio/quality?limit=24' | jq -c '.items[] | [.end, .quality.index, .final]'
curl -s 'http://127.0.0.1:8080/v1/districts/kallio/windows?property=noise&size=1h&limit=24' | jq -c '.items[] | [.start, .mean, .max]'

# Its sensors; those in the city that give the same value all the time, and those that should report and do not.
curl -s 'http://127.0.0.1:8080/v1/sensors?district=kallio' | jq -c '.items[] | [.id, .health, .latest[].property]'
curl -s 'http://127.0.0.1:8080/v1/sensors?health=stuck' | jq -c '.items[] | [.id, .district]'
curl -s 'http://127.0.0.1:8080/v1/sensors?health=silent' | jq -c '.items[] | [.id, .district]'

# One sensor: what it measured, and what is normal for it at each hour of the week.
curl -s 'http://127.0.0.1:8080/v1/sensors/noise-kallio-1/windows?size=1h&limit=24' | jq -c '.items[] | [.start, .mean]'
curl -s http://127.0.0.1:8080/v1/sensors/noise-kallio-1/baseline | jq -c '.hours[] | [.hourOfWeek, .location, .scale]'

# Live: each judgement of each district as it is made, one or two minutes after a step of five. ctrl-C ends it.
# \`after=0\` begins with the oldest event that is kept.
curl -sN 'http://127.0.0.1:8080/v1/events?type=quality'

# Send an observation of your own, and see it.
curl -s http://127.0.0.1:8080/v1/observations -H 'content-type: application/json' -d '{
  "sensorId": "my-balcony", "property": "temperature", "phenomenonTime": "'"$(date -u +%FT%TZ)"'", "result": 4.5,
  "location": {"type": "Point", "coordinates": [24.967, 60.18]}
}'
curl -s http://127.0.0.1:8080/v1/sensors/my-balcony
\`\`\``
