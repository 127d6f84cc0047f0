using System.Globalization;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>The recorder's own figures, as text per CPU.</summary>
internal sealed class CpuStatTexts
{
    private readonly List<string> _texts = [];

    internal bool IsEmpty => _texts.Count == 0;

    internal void Add(string text) => _texts.Add(text);

    /// <summary>CPUs of the top buffer that had events, in order; none unless the recorder tells of every CPU.</summary>
    internal List<int> CpusWithEvents(int cpuCount)
    {
        var counts = new SortedDictionary<long, long>();
        foreach (var (buffer, cpu, name, number) in Figures())
        {
            if (buffer.Length == 0 && name is "entries" or "read events")
                counts[cpu] = counts.GetValueOrDefault(cpu) + number;
        }

        var isWhole = counts.Count > 0 && counts.Count == cpuCount && counts.Keys.Last() == cpuCount - 1;
        return isWhole ? [.. counts.Where(static c => c.Value > 0).Select(static c => (int)c.Key)] : [];
    }

    internal void Apply(RecordingHeader header, RecordingStatistics statistics)
    {
        var cpus = new Dictionary<(int Instance, long Cpu), CpuStatistics>();
        string[] instances = [.. header.Instances];
        foreach (var one in statistics.CpuList)
            cpus.TryAdd((one.Instance, one.Cpu), one);
        foreach (var (buffer, number, name, value) in Figures())
        {
            if (!cpus.TryGetValue((Math.Max(0, Array.IndexOf(instances, buffer)), number), out var cpu))
                continue;
            switch (name)
            {
                case "overrun": cpu.RecordedOverrun = value; break;
                case "dropped events": cpu.RecordedDropped = value; break;
                case "entries" or "read events": cpu.RecordedEntries = Math.Max(0, cpu.RecordedEntries) + value; break;
            }
        }
    }

    /// <summary>All numbers, with the buffer and the CPU that they are about. The top buffer has no line of its own.</summary>
    private IEnumerable<(string Buffer, long Cpu, string Name, long Value)> Figures()
    {
        var buffer = "";
        foreach (var text in _texts)
        {
            long cpu = -1;
            foreach (var line in text.Split('\n'))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0)
                    continue;
                var value = line[(colon + 1)..].Trim(' ', '\0', '\r');
                if (line.StartsWith("Buffer", StringComparison.Ordinal))
                    buffer = value;
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    continue;
                if (colon == 3 && line.StartsWith("CPU", StringComparison.Ordinal))
                    cpu = number;
                else if (cpu >= 0)
                    yield return (buffer, cpu, line[..colon], number);
            }
        }
    }
}
