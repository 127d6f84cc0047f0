using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>Sessions that are missing around what the CPU does with a dma-buf.</summary>
internal static class AddedSessions
{
    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        foreach (var (block, first, last, memory, reads, writes) in program.Runs())
        {
            if (program.Test.Buffer(memory) is not { IsDmaBuf: true })
                continue;
            TextEdit begin = program.Before(block[first], Call(program, memory, reads, writes, begin: true));
            TextEdit end = program.After(block[last], Call(program, memory, reads, writes, begin: false));
            (string start, string stop) = program.UsesIoctl
                ? ($"DMA_BUF_SYNC_START | {Flag(reads, writes)}", $"DMA_BUF_SYNC_END | {Flag(reads, writes)}")
                : ("dma_buf_begin_cpu_access", "dma_buf_end_cpu_access");
            int from = program.Line(block[first]), to = program.Line(block[last]);
            yield return new Candidate(CureKind.Program, 20, $"with {start} before line {from}", block[first].Span, [begin]) { Group = $"begin {memory}" };
            yield return new Candidate(CureKind.Program, 20, $"with {stop} after line {to}", block[last].Span, [end]) { Group = $"end {memory}" };
            yield return new Candidate(CureKind.Program, 22, $"with {start} before line {from} and {stop} after line {to}", block[first].Span, [begin, end]);
        }
    }

    private static string Call(ProgramText program, string memory, bool reads, bool writes, bool begin)
    {
        if (program.UsesIoctl)
            return $"ioctl({memory}, DMA_BUF_IOCTL_SYNC, {(begin ? "DMA_BUF_SYNC_START" : "DMA_BUF_SYNC_END")} | {Flag(reads, writes)});";
        string direction = reads && writes ? "DMA_BIDIRECTIONAL" : reads ? "DMA_FROM_DEVICE" : "DMA_TO_DEVICE";
        return $"{(begin ? "dma_buf_begin_cpu_access" : "dma_buf_end_cpu_access")}({memory}, {direction});";
    }

    private static string Flag(bool reads, bool writes) => reads && writes ? "DMA_BUF_SYNC_RW" : reads ? "DMA_BUF_SYNC_READ" : "DMA_BUF_SYNC_WRITE";
}
