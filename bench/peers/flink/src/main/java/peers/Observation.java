/** One line of the file, with public fields so that Flink serializes it as a POJO and not by Kryo. */
package peers;

public class Observation {
  /** Sensor and property, as they stand in a row. */
  public String key;
  /** Epoch milliseconds. */
  public long time;
  public double result;
}
