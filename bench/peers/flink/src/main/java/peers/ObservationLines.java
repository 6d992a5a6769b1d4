/** Reads a line of JSON by a streaming parser, its fields by name in any order. An instant is in UTC with milliseconds, as the file has it. */
package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.time.LocalDate;
import org.apache.flink.api.common.functions.MapFunction;

public class ObservationLines implements MapFunction<String, Observation> {
  private static final JsonFactory json =
      JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();
  private static final long dayMillis = 86_400_000;

  @Override
  public Observation map(String line) throws IOException {
    Observation observation = new Observation();
    String sensorId = null;
    String property = null;
    try (JsonParser parser = json.createParser(line)) {
      parser.nextToken();
      for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
        parser.nextToken();
        switch (field) {
          case "sensorId" -> sensorId = parser.getText();
          case "property" -> property = parser.getText();
          case "phenomenonTime" -> observation.time = epochMillis(parser.getText());
          case "result" -> observation.result = parser.getDoubleValue();
          default -> parser.skipChildren();
        }
      }
    }
    observation.key = sensorId + ',' + property;
    return observation;
  }

  /** Of `2026-09-07T00:00:04.124Z`: what `Instant.parse` says, without its formatter, which takes longer than the rest of the line. */
  private static long epochMillis(String instant) {
    long days = LocalDate.of(100 * two(instant, 0) + two(instant, 2), two(instant, 5), two(instant, 8)).toEpochDay();
    long seconds = 3600 * two(instant, 11) + 60 * two(instant, 14) + two(instant, 17);
    return days * dayMillis + 1000 * seconds + 10 * two(instant, 20) + instant.charAt(22) - '0';
  }

  private static int two(String text, int at) {
    return 10 * (text.charAt(at) - '0') + text.charAt(at + 1) - '0';
  }
}
