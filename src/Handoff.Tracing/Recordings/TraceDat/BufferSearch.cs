using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>
/// Finds the CPUs of a buffer of version 7 that no option describes. What else the option would have said is not known: the buffer's name, its clock, and in a
/// file that was cut whether more followed; CPUs that may have had more are marked as cut. Which CPUs had events the recorder's counts may tell.
/// </summary>
internal sealed class BufferSearch(ByteSource source, PageShape shape, RecordingHeader header, List<int> cpusWithEvents, DiagnosticBag bag)
{
    private const int UsualPage = 4096;
    private const int LargestPage = 1 << 20; // of machines; ring-buffer pages may be larger

    private readonly int _alignment = header.PageSize is >= 1024 and <= LargestPage && int.IsPow2(header.PageSize) ? header.PageSize : UsualPage;
    private int _missing; // CPUs of all buffers; a hostile file would have buffers and CPUs without end

    /// <summary>The buffer, with CPUs that are missing.</summary>
    /// <param name="section">Its section.</param>
    /// <param name="option">What a damaged option says about it, if there is one.</param>
    /// <param name="number">Which of the file's buffers it is, from 0.</param>
    internal BufferPlace Find(in WalkedSection section, BufferPlace? option, int number)
    {
        var packed = section.Header.IsPacked;
        var pageSize = option?.PageSize > shape.DataOffset ? option.PageSize : shape.PageSize;
        var cpus = packed
            ? new ChunkGroups(source, header.IsBigEndian, _alignment).Find(section.Header.Body, section.End)
            : new PageRuns(source, shape with { PageSize = pageSize }, _alignment).Find(section.Header.Body, section.End);
        var found = cpus.Count;
        var isCut = !section.IsWhole || (found > 0 && cpus[^1].IsCut);
        var expected = Expected(option, number, found, isCut);
        for (var i = 0; i < found && i < expected.Count; i++)
            cpus[i] = cpus[i] with { Cpu = expected[i] };

        if (header.CpuCount > 0 && found > header.CpuCount)
        {
            for (var i = 0; i < found; i++)
                cpus[i] = cpus[i] with { IsCut = true };
            bag.Error("HT0114", section.Header.Offset, $"data of {found} CPUs were found in a buffer, the machine has {header.CpuCount}", "times that go back are damage then, and part of the events may be missing");
        }
        else if (isCut)
        {
            if (found > 0 && !packed)
                cpus[^1] = cpus[^1] with { IsCut = true };
            var all = expected.Count > 0 ? expected.Count : header.CpuCount > 0 ? header.CpuCount : found + 1;
            for (var i = found; i < all && (i == found || _missing++ < RecordingHeader.MostCpus); i++)
                cpus.Add(new CpuPlace(expected.Count > 0 ? expected[i] : i, section.End, 0, true));
        }

        Tell(section, option, number, found, isCut, expected.Count > 0);
        var name = option?.Name ?? (number == 0 ? "" : $"buffer {number + 1}");
        return new BufferPlace(name, section.Header.Offset, pageSize, packed, cpus);
    }

    /// <summary>CPUs that should have data here, in order; none if nothing tells, or what does contradicts what is there.</summary>
    private List<int> Expected(BufferPlace? option, int number, int found, bool isCut)
    {
        if (option is not null && option.Cpus.Count == found)
            return [.. option.Cpus.Select(static c => c.Cpu)];
        return number == 0 && (isCut ? found <= cpusWithEvents.Count : found == cpusWithEvents.Count) ? cpusWithEvents : [];
    }

    private void Tell(in WalkedSection section, BufferPlace? option, int number, int found, bool isCut, bool isNumbered)
    {
        var numbers = isNumbered ? "" : "; CPUs are numbered in the order of their data";
        var name = option is not null ? "" : number == 0 ? "; it is taken for the top buffer" : "; its name is not known";
        if (isCut)
        {
            var (all, rest) = header.CpuCount > 0 ? ($"{found} of {header.CpuCount} CPUs", "") : ($"{found} CPUs", "; how many there were is not known");
            var what = found == 0 ? " before its first event" : $": it has data of {all}, of the last one perhaps not all{rest}";
            bag.Error("HT0113", section.Header.Offset, $"a buffer is cut off{what}", $"what is missing counts as lost events{name}{numbers}");
        }
        else
        {
            bag.Warning("HT0113", section.Header.Offset, $"a buffer was found without its description: data of {found} CPUs", $"all its events are used{name}{numbers}");
        }
    }
}
