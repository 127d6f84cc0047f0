using System.Globalization;
using System.Text.RegularExpressions;
using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>The kernel's own lines about full pools, which tell how many slots were in use: compared with the engine's at the same moment.</summary>
internal sealed partial class FullMessages
{
    private const string Kind = "swiotlb buffer is full";

    /// <summary>The clock of messages may be off from that of the trace by so much, in nanoseconds …</summary>
    private const long LargestOffset = 100_000_000;

    /// <summary>… but from message to message it hardly moves.</summary>
    private const long Tolerance = 500_000;

    /// <summary>A thread that lost the processor on its way prints so much later, in nanoseconds.</summary>
    private const long LongestDelay = 20_000_000;

    private readonly RecordingVerdict _verdict;

    /// <summary>Clocks of ring buffers that do not take part when the clock of messages is set right.</summary>
    private static readonly string[] SchedulerClocks = ["local", "global", ""];
    private readonly List<(long Time, string Device, string Text, int Line)> _lines = [];
    private int _next;

    /// <summary>Time of messages minus time of the trace, as seen at the last message.</summary>
    private long? _offset;

    /// <summary>The same, before any message was seen: what the kernel says it took off when it found its clock stable.</summary>
    private readonly long _correction;

    public FullMessages(MachineFacts facts, RecordingVerdict verdict)
    {
        _verdict = verdict;
        if (PackedFile.Find(facts.Directory, "dmesg.txt") is not { } path)
            return;
        try
        {
            using var reader = new StreamReader(PackedFile.Open(path));
            for (int number = 1; reader.ReadLine() is { } line; number++)
            {
                if (_correction == 0 && SchedulerClocks.Contains(facts.TraceClock) && Stable().Match(line) is { Success: true } stable)
                    _correction = long.Parse(stable.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                if (Full().Match(line) is not { Success: true } match)
                    continue;
                long seconds = long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), micros = long.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
                _lines.Add(((seconds * 1_000_000_000) + (micros * 1000), match.Groups[3].Value, match.Groups[4].Value, number));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ZstdSharp.ZstdException)
        {
            _lines.Clear(); // reported when the machine's facts were read
        }
    }

    /// <summary>A map failed in the engine: if the kernel printed a line then, it must say the same.</summary>
    /// <param name="time">Time of the decision.</param>
    /// <param name="device">The device.</param>
    /// <param name="text">The engine's line.</param>
    public void Failed(ulong time, string device, string text)
    {
        long expected = (long)time + (_offset ?? _correction);
        long near = _offset is null ? LargestOffset : Tolerance, far = _offset is null ? LargestOffset : LongestDelay;
        while (_next < _lines.Count && _lines[_next].Time + far < expected)
            Skip();

        // The line of that moment; or, where the thread lost the processor before it printed, one that says the same a little later.
        int same = -1, other = -1;
        for (int i = _next; same < 0 && i < _lines.Count && _lines[i].Time <= expected + far; i++)
        {
            if (_lines[i].Device != device)
                continue;
            if (_lines[i].Text == text)
                same = i;
            else if (other < 0 && Math.Abs(_lines[i].Time - expected) <= near)
                other = i;
        }

        int found = same >= 0 && (other < 0 || _offset is null || same < other) ? same : other;
        if (found < 0)
            return;
        while (_next < found)
            Skip();
        (long at, _, string got, int line) = _lines[_next++];
        if (_offset is null || at < expected + near)
            _offset = at - (long)time;
        KindTally kind = _verdict.Kind("machine", Kind);
        if (got == text)
            kind.Identical++;
        else
            _verdict.AddWrong(kind, $"dmesg.txt:{line}, {device}", text, got);
    }

    /// <summary>Lines that are left.</summary>
    public void End()
    {
        while (_next < _lines.Count)
            Skip();
    }

    private void Skip()
    {
        _next++;
        RecordingVerdict.AddExplained(_verdict.Kind("machine", Kind), "no failed map in the trace at the time of this message");
    }

    [GeneratedRegex(@"^\[ *(\d{1,9})\.(\d{6})\] .*?(\S+): (swiotlb buffer is full \(.*)$")]
    private static partial Regex Full();

    [GeneratedRegex(@"sched_clock: Marking stable \(.*\)->\(-?\d+, (-?\d{1,18})\)")]
    private static partial Regex Stable();
}
