using System.Globalization;
using System.Text;

namespace Handoff.Litmus.Language;

/// <summary>Writes a test in canonical form: reading that text gives the same test, places aside.</summary>
public static class LitmusPrinter
{
    /// <summary>The whole test as text. Comments of the original are not part of a test and so not kept.</summary>
    public static string Print(LitmusTest test)
    {
        var to = new StringBuilder();
        to.Append(CultureInfo.InvariantCulture, $"litmus \"{test.Title.Value}\"\n");
        if (test.Machine is { } machine)
            to.Append('\n').Append(Machine(machine)).Append('\n');
        Section(to, test.Devices, Device);
        Section(to, test.Buffers, Buffer);
        Section(to, test.Lists, l => $"sglist {l.Name} = {{ {string.Join(", ", l.Entries.Select(Place))} }};");
        Section(to, test.Prologue, Statement);
        foreach (ThreadDeclaration thread in test.Threads)
        {
            to.Append(CultureInfo.InvariantCulture, $"\nthread {thread.Name}\n{{\n");
            foreach (Statement statement in thread.Body)
                to.Append("    ").Append(Statement(statement)).Append('\n');
            to.Append("}\n");
        }

        Section(to, test.Epilogue, Statement);
        Section(to, test.Expectations, Expectation);
        return to.ToString();
    }

    /// <summary>One statement in canonical form.</summary>
    public static string Statement(Statement statement) => statement switch
    {
        CallStatement call => $"{Target(call.Target)}{call.Signature.Name}({string.Join(", ", call.Arguments.Select(Argument))});",
        CheckStatement check => $"if ({Check(check)}) return;",
        CpuAccessStatement cpu => $"{Target(cpu.Result)}{Place(cpu.Place)}.{Access(cpu.Kind)}{View(cpu.View)}({cpu.Value?.Value});",
        DeviceAccessStatement device =>
            $"{device.Device}.{(device.Asynchronous ? "start_" : "")}{Access(device.Kind)}({Place(device.Handle)}{(device.Value is { } value ? $", {value.Value}" : "")});",
        DeviceWaitStatement wait => $"{wait.Device}.wait();",
        SignalStatement signal => $"signal({signal.Event});",
        WaitStatement wait => $"wait({wait.Event});",
        _ => throw new ArgumentOutOfRangeException(nameof(statement)),
    };

    /// <summary>The language's word for an architecture.</summary>
    public static string NameOf(Architecture architecture) => Words.For(Words.Architectures, architecture);

    /// <summary>A place in canonical form, such as <c>b[16..64]</c>.</summary>
    public static string Place(Place place)
    {
        string name = place.Field is { } field ? $"{place.Name}.{field}" : place.Name.Text;
        return place switch
        {
            { End: { } end } => $"{name}[{place.Start?.Value ?? 0}..{end.Value}]",
            { Start: { } start } => $"{name}[{start.Value}..]",
            _ => name,
        };
    }

    /// <summary>An expectation in canonical form.</summary>
    public static string Expectation(Expectation expectation)
    {
        var to = new StringBuilder("expect ");
        to.AppendJoin(", ", expectation.Verdicts.Select(v =>
            Words.For(Words.Verdicts, v.Verdict)
            + (v.Error is { } error ? " -" + Words.For(Words.Errors, error.Value) : "")
            + (v.Frequency is { } frequency ? " " + Words.For(Words.Frequencies, frequency.Value) : "")));
        if (!expectation.Kernels.IsEmpty)
        {
            to.Append(" on ").AppendJoin(", ", expectation.Kernels.Select(k =>
                k.From?.Text + (k.To is { } last ? ".." + last.Text : "") + string.Concat(k.AddOns.Select(a => "+" + a.Text))));
        }

        if (!expectation.Conditions.IsEmpty)
            to.Append(" when ").AppendJoin(" and ", expectation.Conditions.Select(c => Words.For(Words.Conditions, c.Value)));
        return to.Append(';').ToString();
    }

    private static void Section<T>(StringBuilder to, IReadOnlyCollection<T> items, Func<T, string> print)
    {
        if (items.Count > 0)
            to.Append('\n');
        foreach (T item in items)
            to.Append(print(item)).Append('\n');
    }

    /// <summary>What is pinned of the machine, in canonical form.</summary>
    public static string Machine(MachineDeclaration machine)
    {
        var items = new List<string>();
        if (machine.On is { } on)
            items.Add($"on {on}");
        if (machine.Architecture is { } arch)
            items.Add("arch " + Words.For(Words.Architectures, arch.Value));
        if (machine.Ram is { } ram)
            items.Add("ram " + NumberText.Size(ram.Value));
        if (machine.Line is { } line)
            items.Add("line " + NumberText.Size(line.Value));
        if (machine.Swiotlb is { } swiotlb)
            items.Add($"swiotlb \"{swiotlb.Value}\"");
        if (machine.Encryption is { } encryption)
            items.Add("encryption " + Words.For(Words.Encryptions, encryption.Value));
        if (machine.Cpus is { } cpus)
            items.Add($"cpus {cpus.Value}");
        if (machine.Page is { } page)
            items.Add("page " + NumberText.Size(page.Value));
        return items.Count == 0 ? "machine { }" : $"machine {{ {string.Join("; ", items)} }}";
    }

    /// <summary>A device in canonical form.</summary>
    public static string Device(DeviceDeclaration device)
    {
        var items = new List<string>();
        if (device.DmaMask is { } mask)
            items.Add("dma_mask " + Mask(mask.Value));
        if (device.CoherentMask is { } coherentMask)
            items.Add("coherent_mask " + Mask(coherentMask.Value));
        if (device.Coherent is { } coherent)
            items.Add(coherent.Value ? "coherent" : "noncoherent");
        if (device.BusLimit is { } limit)
            items.Add("bus_limit " + NumberText.Hex(limit.Value));
        foreach (Located<DmaRange> range in device.Ranges)
            items.Add($"dma_range cpu {NumberText.Hex(range.Value.CpuStart.Value)} dma {NumberText.Hex(range.Value.DmaStart.Value)} size {NumberText.Size(range.Value.Size)}");
        if (device.MinAlignMask is { } align)
            items.Add("min_align_mask " + NumberText.Hex(align.Value));
        if (device.MaxSegment is { } segment)
            items.Add("max_seg " + NumberText.Size(segment.Value));
        if (device.Boundary is { } boundary)
            items.Add("boundary " + NumberText.Hex(boundary.Value));
        if (device.ForceBounce is { } force)
            items.Add(force.Value ? "force_bounce" : "force_bounce no");
        if (device.RestrictedPool is { } pool)
            items.Add("restricted_pool " + NumberText.Size(pool.Value));
        if (device.Untrusted is not null)
            items.Add("untrusted");
        return items.Count == 0 ? $"device {device.Name};" : $"device {device.Name} {{ {string.Join("; ", items)} }}";
    }

    /// <summary>A buffer in canonical form.</summary>
    public static string Buffer(BufferDeclaration buffer)
    {
        var to = new StringBuilder($"buffer {buffer.Name} = {Words.For(Words.BufferKinds, buffer.Kind)}(");
        if (buffer.Heap is { } heap)
            to.Append(Words.For(Words.Heaps, heap.Value)).Append(", ");
        to.Append(NumberText.Size(buffer.Size.Value)).Append(')');
        if (buffer.Placement is { } placement)
        {
            to.Append(placement.Kind switch
            {
                PlacementKind.Above => " above " + NumberText.Size(placement.Address!.Value),
                PlacementKind.Below => " below " + NumberText.Size(placement.Address!.Value),
                PlacementKind.At => " at " + NumberText.Hex(placement.Address!.Value),
                PlacementKind.InZone => " in " + Words.For(Words.Zones, placement.Zone!.Value),
                _ => " beside " + placement.Other,
            });
        }

        if (buffer.Offset is { } offset)
            to.Append(" offset ").Append(NumberText.Size(offset.Value));
        if (buffer.EntrySize is { } entry)
            to.Append(" entries ").Append(NumberText.Size(entry.Value));
        foreach (Neighbour neighbour in buffer.Neighbours)
            to.Append(CultureInfo.InvariantCulture, $" with neighbour {neighbour.Name} {neighbour.Size.Value} bytes {(neighbour.Before ? "before" : "after")}");
        if (!buffer.Fields.IsEmpty)
            to.Append(" fields { ").AppendJoin("; ", buffer.Fields.Select(f => $"{f.Name} {f.Start}..{f.End}")).Append(" }");
        return to.Append(';').ToString();
    }

    private static string Argument(Argument argument) => argument switch
    {
        PlaceArgument place => Place(place.Place),
        NumberArgument { IsBitMask: true } mask => $"DMA_BIT_MASK({64 - System.Numerics.BitOperations.LeadingZeroCount(mask.Value)})",
        NumberArgument number => NumberText.Size(number.Value),
        FlagsArgument flags => string.Join(" | ", flags.Names),
        OutArgument name => "&" + name.Name,
        _ => throw new ArgumentOutOfRangeException(nameof(argument)),
    };

    private static string Check(CheckStatement check) => check.Kind switch
    {
        CheckKind.MappingError => $"dma_mapping_error({check.Device}, {check.Subject})",
        CheckKind.IsErr => $"IS_ERR({check.Subject})",
        CheckKind.IsZero => $"!{check.Subject}",
        CheckKind.IsNegative => $"{check.Subject} < 0",
        _ => check.Subject.Text,
    };

    private static string Mask(ulong mask) =>
        (mask & unchecked(mask + 1)) == 0 ? (64 - System.Numerics.BitOperations.LeadingZeroCount(mask)).ToString(CultureInfo.InvariantCulture) : NumberText.Hex(mask);

    private static string Target(Name? name) => name is null ? "" : name + " = ";

    private static string Access(AccessKind kind) => kind == AccessKind.Read ? "read" : "write";

    private static string View(CpuView? view) => view switch
    {
        null => "",
        CpuView.Cached => "_cached",
        CpuView.WriteCombine => "_wc",
        _ => "_uncached",
    };
}
