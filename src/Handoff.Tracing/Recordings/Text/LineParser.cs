using System.Buffers.Text;
using Handoff.Tracing.Recordings.Formats;

namespace Handoff.Tracing.Recordings.Text;

/// <summary>Splits one line into task, CPU, time, event and payload.</summary>
internal sealed class LineParser(RecordingReader reader)
{
    private const int UsualWidth = 16, LatencyWidth = 8; // of the column of names

    private readonly PayloadParser _payload = new(reader);
    private DmaEventKind[] _kinds = new DmaEventKind[64]; // by event name's number, valid where _known
    private bool[] _known = new bool[64];

    internal LineResult Parse(ReadOnlySpan<byte> line, ref DmaEvent e)
    {
        if (line.IsEmpty || line[0] == (byte)'#')
            return line.StartsWith("##### CPU "u8) && line.IndexOf(" buffer started"u8) > 0 ? Began(line, ref e) : LineResult.Other;
        if (line.StartsWith("CPU:"u8))
            return Lost(line, ref e);
        if (!TryTask(line, ref e, out var rest) && !TryLatency(line, ref e, out rest))
            return line.IndexOf(" CPU:"u8) is var note and > 0 ? Lost(line[(note + 1)..], ref e) : LineResult.Other;
        if (!TryName(ref rest, out var name))
            return LineResult.Other;
        var type = reader.EventNames.Intern(name);
        var kind = KindOf(type);
        if (kind == DmaEventKind.Marker && (name.SequenceEqual("bprint"u8) || name.SequenceEqual("print"u8) || name.SequenceEqual("bputs"u8)))
        {
            // trace-cmd: the writing function comes after the event's name.
            var inner = rest;
            if (TryName(ref inner, out var function))
            {
                type = reader.EventNames.Intern(function);
                rest = inner;
            }
        }

        if (kind == DmaEventKind.Unknown && !LooksLikeFields(rest))
            kind = DmaEventKind.Marker; // trace_printk puts the calling function where events have their name
        EventAssembler.Blank(ref e, kind, type);
        if (kind is DmaEventKind.Unknown or DmaEventKind.Marker)
        {
            reader.Lists.SetText(rest);
            return LineResult.Event;
        }

        return _payload.Parse(rest, ref e) ? LineResult.Event : LineResult.Malformed;
    }

    /// <summary>
    /// The buffer of another CPU begins later than the first one's. Kernels say so only where events were overwritten: what this CPU did before
    /// is missing, in unknown number.
    /// </summary>
    /// <remarks>Kernel: <c>test_cpu_buff_start()</c>.</remarks>
    private static LineResult Began(ReadOnlySpan<byte> line, ref DmaEvent e)
    {
        if (!Utf8Parser.TryParse(line["##### CPU ".Length..], out int cpu, out _) || cpu is < 0 or >= RecordingHeader.MostCpus)
            return LineResult.Other;
        EventAssembler.Blank(ref e, DmaEventKind.LostEvents, 0);
        e.Cpu = cpu;
        e.Pid = e.Task = 0;
        return LineResult.Lost;
    }

    private static LineResult Lost(ReadOnlySpan<byte> line, ref DmaEvent e)
    {
        var rest = line[4..];
        var open = rest.IndexOf((byte)'[');
        if (open < 0 || !Utf8Parser.TryParse(rest, out int cpu, out _) || cpu is < 0 or >= RecordingHeader.MostCpus)
            return LineResult.Other;
        var inner = rest[(open + 1)..];
        var number = inner.IndexOfAnyInRange((byte)'0', (byte)'9');
        var isNote = inner.StartsWith("LOST"u8) || inner.IndexOf("EVENTS DROPPED"u8) >= 0;
        if (!isNote)
            return LineResult.Other;
        EventAssembler.Blank(ref e, DmaEventKind.LostEvents, 0);
        e.Cpu = cpu;
        e.Pid = e.Task = 0;
        e.Context = EventContext.Unknown;
        if (inner.StartsWith("LOST EVENTS TO THE END"u8))
            e.Flags |= EventFlags.LostToEnd; // what a copy of a recording that was cut says
        else if (number >= 0 && Utf8Parser.TryParse(inner[number..], out ulong count, out _))
            e.Size = count;
        return LineResult.Lost;
    }

    /// <summary>
    /// The name of a task without what other programs put in front of the line (the time of day, the console's stamp). The kernel fills a short name up
    /// with blanks, so whatever stands further left does not belong to it.
    /// </summary>
    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> text, int width)
    {
        text = text.TrimEnd((byte)' ');
        return (text.Length > width && text[^(width + 1)] == (byte)' ' ? text[^width..] : text).TrimStart((byte)' ');
    }

    /// <summary>Task, pid, CPU (everything up to and including <c>[003]</c>) and time.</summary>
    private bool TryTask(ReadOnlySpan<byte> line, ref DmaEvent e, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        for (var from = 0; from < line.Length;)
        {
            var open = line[from..].IndexOf((byte)'[');
            if (open < 0)
                return false;
            open += from;
            from = open + 1;
            if (!Utf8Parser.TryParse(line[from..], out int cpu, out var digits) || cpu is < 0 or >= RecordingHeader.MostCpus || from + digits >= line.Length || line[from + digits] != (byte)']')
                continue;
            var before = line[..open].TrimEnd((byte)' ');
            if (before.EndsWith(")"u8) && before.LastIndexOf((byte)'(') is var group and > 0)
                before = before[..group].TrimEnd((byte)' ');
            var start = before.Length;
            while (start > 0 && before[start - 1] is >= (byte)'0' and <= (byte)'9')
                start--;
            if (start == before.Length || start == 0 || !Utf8Parser.TryParse(before[start..], out int pid, out _))
                continue;
            // ftrace joins name and pid with '-', perf script with a blank (and writes tid after pid/).
            if (before[start - 1] == (byte)'/')
            {
                start--;
                while (start > 0 && before[start - 1] is >= (byte)'0' and <= (byte)'9')
                    start--;
                if (start == 0)
                    continue;
            }

            if (before[start - 1] is not ((byte)'-' or (byte)' '))
                continue;
            rest = line[(from + digits + 1)..];
            if (!TryTime(ref rest, ref e))
                continue; // the name of a task may look like all of this
            e.Cpu = cpu;
            e.Pid = pid;
            var name = NameOf(before[..(start - 1)], UsualWidth);
            e.Task = name.SequenceEqual("<...>"u8) ? 0 : reader.Tasks.Intern(name); // the kernel's sign for a name it has forgotten
            return true;
        }

        return false;
    }

    /// <summary>The latency format: <c>   name-77      1d.h2.  123us+: </c>, with CPU and flags in one word and microseconds since the buffer began.</summary>
    private bool TryLatency(ReadOnlySpan<byte> line, ref DmaEvent e, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        var unit = -1;
        for (var from = 0; unit < 0;)
        {
            var found = line[from..].IndexOf("us"u8);
            if (found < 0 || from + found + 4 > line.Length)
                return TryLatencyTicks(line, ref e, out rest);
            found += from;
            from = found + 1;
            if (found > 1 && line[found - 1] is >= (byte)'0' and <= (byte)'9' && line[found + 3] == (byte)':' && " +!#*@$"u8.IndexOf(line[found + 2]) >= 0)
                unit = found;
        }

        var before = line[..unit];
        var blank = before.LastIndexOf((byte)' ');
        if (blank < 0 || !Utf8Parser.TryParse(before[(blank + 1)..], out ulong time, out var digits) || blank + 1 + digits != unit || time > ulong.MaxValue / 1000)
            return false;
        if (!TryLatencyTask(before[..blank], ref e))
            return false;
        e.Time = time * 1000;
        rest = line[(unit + 4)..];
        return true;
    }

    /// <summary>The latency format with a clock that counts: <c>   name-77      1d.h2.   16: </c>.</summary>
    private bool TryLatencyTicks(ReadOnlySpan<byte> line, ref DmaEvent e, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        for (var colon = 0; ; colon++)
        {
            var next = line[colon..].IndexOf(": "u8);
            if (next < 0)
                return false;
            colon += next;
            var before = line[..colon];
            var blank = before.LastIndexOf((byte)' ');
            if (blank < 0 || !Utf8Parser.TryParse(before[(blank + 1)..], out ulong ticks, out var digits) || blank + 1 + digits != colon || !TryLatencyTask(before[..blank], ref e))
                continue; // the name of a task may look like a part of this
            e.Time = ticks;
            reader.Header.TimeIsNanoseconds = false;
            rest = line[(colon + 1)..];
            return true;
        }
    }

    /// <summary>Task, pid, CPU and flags of the latency format.</summary>
    private bool TryLatencyTask(ReadOnlySpan<byte> before, ref DmaEvent e)
    {
        before = before.TrimEnd((byte)' ');
        var blank = before.LastIndexOf((byte)' ');
        if (blank < 0 || !Utf8Parser.TryParse(before[(blank + 1)..], out int cpu, out var digits) || cpu is < 0 or >= RecordingHeader.MostCpus || blank + 1 + digits >= before.Length)
            return false;
        before = before[..blank].TrimEnd((byte)' ');
        var dash = before.LastIndexOf((byte)'-');
        if (dash < 1 || !Utf8Parser.TryParse(before[(dash + 1)..], out int pid, out digits) || dash + 1 + digits != before.Length)
            return false;
        var name = NameOf(before[..dash], LatencyWidth);
        e.Task = name.SequenceEqual("<...>"u8) ? 0 : reader.Tasks.Intern(name);
        e.Pid = pid;
        e.Cpu = cpu;
        e.Context = EventContext.Unknown;
        return true;
    }

    /// <summary>The time stamp, after flag columns if there are any.</summary>
    private bool TryTime(ref ReadOnlySpan<byte> rest, ref DmaEvent e)
    {
        e.Context = EventContext.Unknown;
        for (var token = 0; token < 3; token++)
        {
            rest = rest.TrimStart((byte)' ');
            var end = rest.IndexOf((byte)' ');
            if (end < 2)
                return false;
            var word = rest[..end];
            if (word[^1] == (byte)':' && Utf8Parser.TryParse(word, out ulong seconds, out var used))
            {
                if (used == word.Length - 1)
                {
                    e.Time = seconds;
                    reader.Header.TimeIsNanoseconds = false;
                    rest = rest[end..];
                    return true;
                }

                var fraction = word[(used + 1)..^1];
                if (word[used] == (byte)'.' && fraction.Length is > 0 and <= 9 && Utf8Parser.TryParse(fraction, out ulong value, out var digits) && digits == fraction.Length)
                {
                    for (var i = fraction.Length; i < 9; i++)
                        value *= 10;
                    e.Time = unchecked(seconds * 1_000_000_000 + value);
                    rest = rest[end..];
                    return true;
                }
            }

            if (word.Length is >= 4 and <= 6 && word[^1] != (byte)':')
                e.Context = ContextOf(word[2]);
            rest = rest[end..];
        }

        return false;
    }

    /// <summary>The third flag column.</summary>
    private static EventContext ContextOf(byte flag) => flag switch
    {
        (byte)'.' => EventContext.Task,
        (byte)'s' => EventContext.SoftInterrupt,
        (byte)'h' or (byte)'H' => EventContext.HardInterrupt,
        (byte)'z' or (byte)'Z' => EventContext.NonMaskableInterrupt,
        _ => EventContext.Unknown,
    };

    /// <summary>The event's name without its group; leaves the payload.</summary>
    private static bool TryName(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name)
    {
        rest = rest.TrimStart((byte)' ');
        var end = rest.IndexOf((byte)' ');
        name = end < 0 ? rest : rest[..end];
        if (name.Length < 2 || name[^1] != (byte)':')
            return false;
        name = name[..^1];
        var group = name.LastIndexOf((byte)':');
        if (group >= 0)
            name = name[(group + 1)..];
        rest = end < 0 ? default : rest[end..];
        // trace-cmd pads names; tracefs writes exactly one blank, after which text is kept as it is.
        var blanks = rest.IndexOfAnyExcept((byte)' ');
        rest = blanks <= 0 ? default : rest[blanks..];
        return !name.IsEmpty;
    }

    private static bool LooksLikeFields(ReadOnlySpan<byte> payload)
    {
        var end = payload.IndexOf((byte)' ');
        return (end < 0 ? payload : payload[..end]).IndexOf((byte)'=') > 0;
    }

    private DmaEventKind KindOf(int type)
    {
        if (type >= _kinds.Length)
        {
            Array.Resize(ref _kinds, Math.Max(type + 1, _kinds.Length * 2));
            Array.Resize(ref _known, _kinds.Length);
        }

        if (!_known[type])
        {
            _known[type] = true;
            _kinds[type] = DmaEventNames.KindOf(reader.EventNames[type]);
        }

        return _kinds[type];
    }
}
