using System.Globalization;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>The recorder's own figures, as text per CPU.</summary>
internal sealed class CpuStatTexts
{
    private readonly List<string> _texts = [];

    internal bool IsEmpty => _texts.Count == 0;

    internal void Add(string text) => _texts.Add(text);

    internal void Apply(RecordingHeader header, RecordingStatistics statistics)
    {
        var instance = 0;
        var cpus = new Dictionary<(int Instance, long Cpu), CpuStatistics>();
        string[] instances = [.. header.Instances];
        foreach (var one in statistics.CpuList)
            cpus.TryAdd((one.Instance, one.Cpu), one);
        foreach (var text in _texts)
        {
            CpuStatistics? cpu = null;
            foreach (var line in text.Split('\n'))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0)
                    continue;
                var value = line[(colon + 1)..].Trim(' ', '\0', '\r');
                if (line.StartsWith("Buffer", StringComparison.Ordinal))
                    instance = Math.Max(0, Array.IndexOf(instances, value));
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    continue;
                switch (line[..colon])
                {
                    case "CPU": cpu = cpus.GetValueOrDefault((instance, number)); break;
                    case "overrun" when cpu is not null: cpu.RecordedOverrun = number; break;
                    case "dropped events" when cpu is not null: cpu.RecordedDropped = number; break;
                    case "entries" or "read events" when cpu is not null: cpu.RecordedEntries = Math.Max(0, cpu.RecordedEntries) + number; break;
                }
            }
        }
    }
}
