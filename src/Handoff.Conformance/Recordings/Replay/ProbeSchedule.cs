using System.Globalization;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>When the probe changed masks: the trace does not show it, the probe's log does, case by case.</summary>
internal sealed class ProbeSchedule
{
    /// <summary>One call that changed a device.</summary>
    /// <param name="Device">The device.</param>
    /// <param name="Bits">Width of the new mask.</param>
    /// <param name="MinAlign">The new alignment mask; <see langword="null"/> to leave it.</param>
    public readonly record struct Change(string Device, int Bits, uint? MinAlign);

    private readonly Dictionary<int, List<Change>> _before = [];
    private readonly Dictionary<int, ProbeLine> _cases = [];
    private readonly HashSet<string> _devices = [];

    public ProbeSchedule(IEnumerable<ProbeLine> lines)
    {
        var names = new Dictionary<ulong, string>();
        var bits = new Dictionary<string, int>();
        var aligns = new Dictionary<string, uint>();
        var pending = new List<Change>();
        int last = 0;
        foreach (ProbeLine line in lines)
        {
            string name = line.Text("dev");
            switch (line.Kind)
            {
                case "dev":
                    if (line.Number("i") is { } index)
                        names[index] = line.Text("name");
                    break;
                case "cmd":
                    Command(line, names, Set);
                    break;
                case "set_mask" when line.Number("bits") is <= 64 and { } wide:
                    // A mask that is refused is asked for all the same.
                    int before = bits.GetValueOrDefault(name, 32);
                    Set(name, (int)wide, null);
                    if (line.Number("rc") != 0)
                        bits[name] = before;
                    break;
                case "min_align" when line.Hex("mask") is <= uint.MaxValue and { } mask:
                    Set(name, 32, (uint)mask);
                    break;
            }

            if (line.Case == 0)
                continue;
            if (name.Length > 0 && line.Number("mask") is <= 64 and { } width)
            {
                uint? align = line.Kind == "single" && line.Hex("min_align") is <= uint.MaxValue and { } a ? (uint)a : null;
                if (align is { } changed && changed != aligns.GetValueOrDefault(name))
                    Set(name, (int)width, changed);
                else if ((int)width != bits.GetValueOrDefault(name, 32))
                    Set(name, (int)width, null);
            }

            if (line.Case > last)
            {
                last = line.Case;
                _cases[last] = line;
                if (pending.Count > 0)
                    _before[last] = [.. pending];
                pending.Clear();
            }
            else if (line.Case == last && name.Length > 0 && _cases[last].Text("dev").Length == 0)
            {
                _cases[last] = line; // the one that names the device
            }
        }

        Last = last;

        void Set(string device, int width, uint? align)
        {
            if (device.Length == 0)
                return;
            pending.Add(new Change(device, width, align));
            bits[device] = width;
            if (align is { } mask)
                aligns[device] = mask;
            _devices.Add(device);
        }
    }

    /// <summary>Number of the last case.</summary>
    public int Last { get; }

    /// <summary>Whether all changes of this device are known.</summary>
    public bool Knows(string device) => _devices.Contains(device);

    /// <summary>What changed just before a case.</summary>
    public IReadOnlyList<Change> Before(int number) => _before.GetValueOrDefault(number, []);

    /// <summary>The first line of a case, or the first that names its device.</summary>
    public ProbeLine? Case(int number) => _cases.GetValueOrDefault(number);

    private static void Command(ProbeLine line, Dictionary<ulong, string> names, Action<string, int, uint?> set)
    {
        string[] words = line.Source.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 5)
            return;
        string a = Name(words[2]), b = Name(words[3]);
        switch (words[1])
        {
            case "partial" or "misuse" or "hold":
                set(a, 32, null);
                break;
            case "ubuf" or "dmabuf":
                set(a, 64, null);
                set(b, 32, null);
                break;
            case "reset":
                set(a, 64, 0);
                break;
        }

        string Name(string text) =>
            ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong index) ? names.GetValueOrDefault(index, "") : "";
    }
}
