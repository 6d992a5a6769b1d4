/** The summary of one window of one key. A POJO with public fields, so that Flink needs no Kryo for it. */
package peers;

import java.util.Arrays;

public class Window {
  public long count;
  public double mean;
  public double m2;
  public double min = Double.POSITIVE_INFINITY;
  public double max = Double.NEGATIVE_INFINITY;
  public double last;
  public long lastTime = Long.MIN_VALUE;
  /** Times that were counted, by which a repeated observation is known; not of merged windows. */
  public long[] times = {};

  /** Adds an observation, once (Welford 1962). */
  public void add(long time, double result) {
    for (int i = 0; i < count; i++) if (times[i] == time) return;
    if (count == times.length) times = Arrays.copyOf(times, times.length + 6);
    times[(int) count++] = time;
    double delta = result - mean;
    mean += delta / count;
    m2 += delta * (result - mean);
    min = Math.min(min, result);
    max = Math.max(max, result);
    if (time < lastTime) return;
    lastTime = time;
    last = result;
  }

  /** Adds a closed window (Chan, Golub & LeVeque 1979, eq. 2.1). */
  public void merge(Window other) {
    double n = count + other.count;
    double delta = other.mean - mean;
    mean += delta * other.count / n;
    m2 += other.m2 + delta * delta * count * other.count / n;
    count += other.count;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
    if (other.lastTime < lastTime) return;
    lastTime = other.lastTime;
    last = other.last;
  }

  /** A line as every peer writes it: key, size, start, count, mean, variance, min, max, last. */
  public String row(String key, long sizeMillis, long start) {
    return key + ',' + sizeMillis + ',' + start + ',' + count + ',' + mean + ',' + m2 / count + ',' + min + ',' + max + ',' + last;
  }
}
