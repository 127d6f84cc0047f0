using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>Other memory: a place that every device reaches, cache lines of its own, another heap.</summary>
internal static class MemoryChanges
{
    private const ulong LineOfEverybody = 128; // no machine that tests leave open has longer lines

    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        foreach (BufferDeclaration buffer in program.Test.Buffers)
        {
            foreach ((int weight, string text, BufferDeclaration changed) in OfBuffer(buffer))
                yield return new Candidate(CureKind.Memory, weight, $"with {buffer.Name} {text}", buffer.Span, [ProgramText.Replace(buffer, LitmusPrinter.Buffer(changed))]);
        }

        BufferDeclaration[] far = [.. program.Test.Buffers.Where(IsFar)];
        if (far.Length > 1)
            yield return new Candidate(CureKind.Memory, 34, $"with {string.Join(", ", far.Select(b => b.Name))} below 4G", far[0].Span, [.. far.Select(b => ProgramText.Replace(b, LitmusPrinter.Buffer(Near(b))))]);
    }

    private static IEnumerable<(int Weight, string Text, BufferDeclaration Changed)> OfBuffer(BufferDeclaration buffer)
    {
        ulong line = LineOfEverybody;
        ulong whole = (buffer.Size.Value + line - 1) / line * line;
        if (buffer.Kind is BufferKind.Stack or BufferKind.Vmalloc)
            yield return (30, $"from kmalloc instead of {(buffer.Kind == BufferKind.Stack ? "the stack" : "vmalloc")}", buffer with { Kind = buffer.Size.Value <= 8192 ? BufferKind.Kmalloc : BufferKind.Pages });
        if (buffer.Offset is { } offset && offset.Value % line != 0)
            yield return (31, $"at the start of a cache line (offset {(offset.Value + line - 1) / line * line})", buffer with { Offset = new Located<ulong>((offset.Value + line - 1) / line * line) });
        if (buffer.Offset is { Value: > 0 })
            yield return (31, "at offset 0", buffer with { Offset = null });
        if (whole != buffer.Size.Value && !buffer.IsDmaBuf && buffer.Kind != BufferKind.Mmio)
            yield return (31, $"padded to whole cache lines ({whole} bytes)", buffer with { Size = new Located<ulong>(whole) });
        if (!buffer.Fields.IsEmpty && Spread(buffer) is var spread && spread != buffer)
            yield return (32, "with each field in cache lines of its own", spread);
        if (buffer.Placement?.Kind == PlacementKind.Beside)
            yield return (32, $"not beside {buffer.Placement.Other}", buffer with { Placement = null });
        if (IsFar(buffer))
            yield return (buffer.Kind == BufferKind.Heap ? 36 : 33, "where a 32-bit device reaches it (below 4G)", Near(buffer));
        if (buffer.Heap is { } heap)
        {
            foreach ((HeapKind other, string name) in ((HeapKind, string)[])[(HeapKind.SystemUncachedDma32, "system_uncached_dma32"), (HeapKind.System, "system"), (HeapKind.SystemDma32, "system_dma32"), (HeapKind.Cma, "cma")])
            {
                bool near = other != HeapKind.System;
                if (other == heap.Value || (Uncached(other) && !Uncached(heap.Value)))
                    continue;
                string what = (Uncached(heap.Value), Uncached(other), near) switch
                {
                    (true, true, _) => "memory that a 32-bit device reaches",
                    (true, false, false) => "cached, mapped without SKIP_CPU_SYNC",
                    (true, false, true) => "cached, and in reach of a 32-bit device",
                    _ => "memory that a 32-bit device reaches",
                };
                yield return (Uncached(other) == Uncached(heap.Value) ? 33 : 34, $"from the heap {name}: {what}", buffer with { Heap = new Located<HeapKind>(other), Placement = near && IsFar(buffer) ? null : buffer.Placement });
            }
        }

        if (buffer.Kind == BufferKind.Heap && (buffer.EntrySize?.Value ?? buffer.Size.Value) > 256 << 10)
            yield return (34, "in entries of 64K, which can bounce", buffer with { EntrySize = new Located<ulong>(64 << 10) });
    }

    private static bool Uncached(HeapKind heap) => heap is HeapKind.SystemUncached or HeapKind.SystemUncachedDma32;

    private static bool IsFar(BufferDeclaration buffer) => buffer.Placement is { Kind: PlacementKind.Above } or { Kind: PlacementKind.InZone, Zone.Value: MemoryZone.Normal }
        or { Kind: PlacementKind.At, Address.Value: >= 1UL << 32 } && buffer.Kind != BufferKind.Mmio;

    private static BufferDeclaration Near(BufferDeclaration buffer) =>
        buffer with { Placement = new Placement(PlacementKind.Below) { Address = new Located<ulong>(1UL << 32) } };

    /// <summary>Every field begins a cache line; the buffer grows.</summary>
    private static BufferDeclaration Spread(BufferDeclaration buffer)
    {
        ulong at = 0;
        var fields = buffer.Fields.ToBuilder();
        for (int f = 0; f < fields.Count; f++)
        {
            ulong size = fields[f].End - fields[f].Start;
            fields[f] = fields[f] with { Start = at, End = at + size };
            at += (size + LineOfEverybody - 1) / LineOfEverybody * LineOfEverybody;
        }

        return buffer.Fields.SequenceEqual(fields) ? buffer : buffer with { Fields = fields.ToImmutable(), Size = new Located<ulong>(Math.Max(at, buffer.Size.Value)) };
    }
}
