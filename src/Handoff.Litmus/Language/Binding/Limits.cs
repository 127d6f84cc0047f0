using System.Globalization;

namespace Handoff.Litmus.Language;

/// <summary>What a test may not exceed: the kernel's own limits, RAM that the machine does not have, and what can be explored.</summary>
internal static class Limits
{
    /// <summary>Threads and background accesses that can be followed.</summary>
    public const int MostAgents = 31;

    private const ulong Kernel = 2UL << 20; // at the start of RAM
    private const ulong LargestUdmabuf = 64UL << 20; // the module's size_limit_mb
    private const ulong MostEntries = 1 << 16;
    private const ulong LongestEntry = uint.MaxValue; // a scatterlist counts the bytes of an entry in 32 bits

    public static void Check(LitmusTest test, DiagnosticBag diagnostics)
    {
        SyntaxNode[] agents = [.. test.Threads, .. test.AllStatements.OfType<DeviceAccessStatement>().Where(a => a.Asynchronous)];
        if (agents.Length > MostAgents)
            diagnostics.Error(DiagnosticIds.TooMuch, agents[MostAgents].Span, $"more than {MostAgents} threads and background accesses");

        RamMap ram = RamMap.Usual(test.Machine?.Architecture?.Value ?? Architecture.Arm64, test.Machine?.Ram?.Value ?? TestParser.HighestRam);
        foreach (BufferDeclaration buffer in test.Buffers)
        {
            if (buffer.Kind == BufferKind.Udmabuf && buffer.Size.Value > LargestUdmabuf)
                diagnostics.Error(DiagnosticIds.OutOfRange, buffer.Size.Span, $"udmabuf takes at most {NumberText.Size(LargestUdmabuf)}");
            if (buffer.Kind == BufferKind.Heap)
                Entries(test, buffer, diagnostics);
            if (buffer.Kind != BufferKind.Mmio && buffer.Placement is { Address: { } address } placement)
                Place(ram, buffer, placement, address.Value, diagnostics);
        }

        foreach (CallStatement call in test.AllStatements.OfType<CallStatement>().Where(c => c.Signature.Kind is ApiKind.Map or ApiKind.Allocate))
        {
            if (call[ParameterRole.Size] is NumberArgument { Value: 0 or > TestParser.LargestBuffer } size)
                diagnostics.Error(DiagnosticIds.OutOfRange, size.Span, size.Value == 0 ? "the kernel stops with BUG where a map of nothing has to bounce" : $"at most {NumberText.Size(TestParser.LargestBuffer)}");
            if (call[ParameterRole.Offset] is NumberArgument { Value: > TestParser.LargestBuffer } offset)
                diagnostics.Error(DiagnosticIds.OutOfRange, offset.Span, $"at most {NumberText.Size(TestParser.LargestBuffer)}");
        }

        foreach (Place entry in test.Lists.SelectMany(l => l.Entries))
        {
            ulong whole = test.Buffer(entry.Name.Text)?.Size.Value ?? 0;
            ulong bytes = (entry.End?.Value ?? whole) - Math.Min(entry.Start?.Value ?? 0, entry.End?.Value ?? whole);
            if (bytes > LongestEntry)
                diagnostics.Error(DiagnosticIds.OutOfRange, entry.Span, "an entry of a list holds less than 4G");
        }
    }

    private static void Entries(LitmusTest test, BufferDeclaration buffer, DiagnosticBag diagnostics)
    {
        ulong page = test.Machine?.Page?.Value ?? 4096;
        ulong entry = buffer.EntrySize?.Value ?? (buffer.Heap?.Value == HeapKind.Cma ? buffer.Size.Value : page << 8);
        if (entry > LongestEntry)
            diagnostics.Error(DiagnosticIds.OutOfRange, buffer.Size.Span, "an entry of a dma-buf's table holds less than 4G");
        else if (buffer.Size.Value / entry > MostEntries)
            diagnostics.Error(DiagnosticIds.TooMuch, buffer.Size.Span, string.Create(CultureInfo.InvariantCulture, $"more than {MostEntries} entries"), "make them larger: 'entries 1M'");
        else if (entry % page != 0 && buffer.EntrySize is { } odd)
            diagnostics.Error(DiagnosticIds.OutOfRange, odd.Span, "entries of a heap are whole pages");
    }

    private static void Place(RamMap ram, BufferDeclaration buffer, Placement placement, ulong address, DiagnosticBag diagnostics)
    {
        bool exists = placement.Kind switch
        {
            PlacementKind.Above => ram.End.Value > address,
            PlacementKind.Below => ram.Start.Value + Kernel + buffer.Size.Value < address,
            PlacementKind.At => ram.Contains(new PhysicalAddress(address)),
            _ => true,
        };
        if (!exists)
            diagnostics.Error(DiagnosticIds.Contradiction, placement.Span, $"no RAM is there: it begins at {NumberText.Hex(ram.Start.Value)} and ends at {NumberText.Hex(ram.End.Value)}");
    }
}
