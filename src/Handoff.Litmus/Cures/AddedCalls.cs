using System.Collections.Immutable;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>Calls that are missing: syncs around accesses, checks of maps, unmaps before somebody else uses the memory.</summary>
internal static class AddedCalls
{
    public static IEnumerable<Candidate> Of(ProgramText program) => [.. Checks(program), .. Syncs(program), .. Handovers(program), .. Unmaps(program)];

    private static IEnumerable<Candidate> Checks(ProgramText program)
    {
        foreach (CallStatement call in program.Test.AllStatements.OfType<CallStatement>().Where(c => c is { Signature.Kind: ApiKind.Map, Target: not null }))
        {
            string check = $"if (dma_mapping_error({call.DeviceName}, {call.Target})) return;";
            yield return new Candidate(CureKind.Program, 19, $"with dma_mapping_error() asked after line {program.Line(call)}", call.Span, [program.After(call, check)]);
        }
    }

    /// <summary>Around accesses of the CPU.</summary>
    private static IEnumerable<Candidate> Syncs(ProgramText program)
    {
        foreach (var (block, first, last, memory, _, _) in program.Runs())
        {
            foreach (MappedName mapping in program.MappedAt(block[first]).Where(m => m.Memory.Contains(memory) && m.Sync(forCpu: true) is not null))
            {
                TextEdit begin = program.Before(block[first], mapping.Sync(forCpu: true)!), end = program.After(block[last], mapping.Sync(forCpu: false)!);
                string cpu = mapping.SyncName(forCpu: true)!, device = mapping.SyncName(forCpu: false)!;
                yield return new Candidate(CureKind.Program, 20, $"with {cpu} before line {program.Line(block[first])}", block[first].Span, [begin]) { Group = $"sync {mapping.Name} for cpu" };
                yield return new Candidate(CureKind.Program, 20, $"with {device} after line {program.Line(block[last])}", block[last].Span, [end]) { Group = $"sync {mapping.Name} for device" };
                yield return new Candidate(CureKind.Program, 22, $"with {cpu} before line {program.Line(block[first])} and {device} after line {program.Line(block[last])}", block[first].Span, [begin, end]);
            }
        }
    }

    /// <summary>Before and after accesses of the device.</summary>
    private static IEnumerable<Candidate> Handovers(ProgramText program)
    {
        foreach (ImmutableArray<Statement> block in program.Blocks)
        {
            foreach (DeviceAccessStatement access in block.OfType<DeviceAccessStatement>())
            {
                if (program.MappedAt(access).FirstOrDefault(m => m.Name == access.Handle.Name.Text) is not { } mapping)
                    continue;
                int line = program.Line(access);
                if (mapping.Sync(forCpu: false) is { } sync)
                    yield return new Candidate(CureKind.Program, 20, $"with {mapping.SyncName(forCpu: false)} before line {line}", access.Span, [program.Before(access, sync)]) { Group = $"sync {mapping.Name} for device" };
                if (!access.Handle.IsWhole)
                    yield return new Candidate(CureKind.Program, 17, $"with {access.Device} kept to what {mapping.Name} maps on line {line}", access.Span, [ProgramText.Replace(access, LitmusPrinter.Statement(access with { Handle = new Place(access.Handle.Name) }))]);
                if (!access.Asynchronous)
                    continue;
                foreach (Statement later in block.SkipWhile(s => s != access).Skip(1).Where(s => s is not CheckStatement))
                    yield return new Candidate(CureKind.Program, 20, $"with {access.Device}.wait() before line {program.Line(later)}", later.Span, [program.Before(later, $"{access.Device}.wait();")]) { Group = $"wait for {access.Device}" };
            }
        }
    }

    private static IEnumerable<Candidate> Unmaps(ProgramText program)
    {
        foreach (ImmutableArray<Statement> block in program.Blocks)
        {
            foreach (Statement statement in block)
            {
                string[] touched = statement switch
                {
                    CpuAccessStatement access => [access.Place.Name.Text],
                    CallStatement { Signature.Kind: ApiKind.Free or ApiKind.Map or ApiKind.MapList or ApiKind.DmaBuf, Memory: { } memory } =>
                        program.Test.List(memory.Name.Text) is { } list ? [.. list.Entries.Select(e => e.Name.Text)] : [memory.Name.Text],
                    CallStatement { Function: ApiFunction.DmaBufDetach, Attachment: { } tie } => [tie.Name.Text],
                    _ => [],
                };
                foreach (MappedName mapping in program.MappedAt(statement).Where(m => m.End is not null && (m.Memory.Intersect(touched).Any() || (m.IsAttachment && touched.Contains(m.Made.Attachment!.Name.Text)))))
                {
                    // One that exists already moves: see OrderChanges.
                    if (!mapping.Uses.Exists(u => u.Signature.Kind is ApiKind.Unmap or ApiKind.UnmapList || u.Handle is not null && mapping.IsAttachment))
                        yield return new Candidate(CureKind.Program, 21, $"with {mapping.EndName} before line {program.Line(statement)}", statement.Span, [program.Before(statement, mapping.End!)]) { Group = $"end {mapping.Name}" };
                }
            }
        }
    }
}
