using System.Collections.Immutable;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>Attributes, sizes and other arguments less; calls that nobody needs; a release as its map wants it.</summary>
internal static class ArgumentChanges
{
    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        foreach (CallStatement call in program.Test.AllStatements.OfType<CallStatement>())
        {
            foreach (Candidate change in OfCall(program, call))
                yield return change;
        }

        foreach (CpuAccessStatement access in program.Test.AllStatements.OfType<CpuAccessStatement>().Where(a => a.View is not null))
            yield return new Candidate(CureKind.Program, 14, $"through the usual view of {access.Place.Name} on line {program.Line(access)}", access.Span, [Usual(access)]);
        foreach (var same in program.Test.AllStatements.OfType<CpuAccessStatement>().Where(a => a.View is not null).GroupBy(a => a.Place.Name.Text).Where(g => g.Count() > 1))
            yield return new Candidate(CureKind.Program, 15, $"through the usual view of {same.Key} on {program.Lines(same)}", same.First().Span, [.. same.Select(Usual)]);

        foreach (MappedName mapping in program.Mappings)
        {
            CallStatement[] calls = [mapping.Made, .. mapping.Uses];
            foreach (string attribute in calls.SelectMany(c => Attributes(c)).Distinct())
            {
                CallStatement[] having = [.. calls.Where(c => Attributes(c).Contains(attribute))];
                if (having.Length > 1)
                    yield return new Candidate(CureKind.Program, 12, $"without {Short(attribute)} on {program.Lines(having)}", having[0].Span, [.. having.Select(c => ProgramText.Replace(c, WithoutAttribute(c, attribute)))]);
            }
        }
    }

    private static IEnumerable<Candidate> OfCall(ProgramText program, CallStatement call)
    {
        string name = call.Signature.Name, at = $"on line {program.Line(call)}";
        foreach (string attribute in Attributes(call))
            yield return Change(10, $"without {Short(attribute)} {at}", WithoutAttribute(call, attribute));
        MappedName? mapping = program.Named(call) ?? (call.Memory is { } memory ? program.MappedAt(call).FirstOrDefault(m => m.Names.Contains(memory.Name.Text)) : null);
        bool ends = call.Signature.Kind is ApiKind.Unmap or ApiKind.UnmapList or ApiKind.Release;
        if (ends && mapping is not null && !Attributes(call).SequenceEqual(Attributes(mapping.Made)) && call.Signature.Parameters.Any(p => p.Role == ParameterRole.Attributes))
            yield return Change(12, $"with the attributes of line {program.Line(mapping.Made)} {at}", WithAttributes(call, Attributes(mapping.Made)));
        if (!call.Attributes.HasFlag(DmaAttributes.SkipCpuSync) && call.Signature.Kind is ApiKind.Map or ApiKind.MapList or ApiKind.Unmap or ApiKind.UnmapList
            && program.Mappings.Count > 1)
            yield return Change(16, $"with SKIP_CPU_SYNC {at}", WithAttributes(call, [.. Attributes(call), "DMA_ATTR_SKIP_CPU_SYNC"]));
        foreach ((ParameterRole role, string word) in ((ParameterRole, string)[])[(ParameterRole.Size, "size"), (ParameterRole.Count, "number of entries"), (ParameterRole.Offset, "offset")])
        {
            if (call[role] is { } argument && call.Signature.Parameters.Any(p => p.Role == role && p.Optional))
                yield return Change(11, $"without the {word} {at}", call with { Arguments = call.Arguments.Remove(argument) });
        }

        if (call.Handle is { IsWhole: false } part)
            yield return Change(11, $"with the whole of {part.Name} {at}", call with { Arguments = [.. call.Arguments.Select(a => a is PlaceArgument p && p.Place == part ? new PlaceArgument(new Place(part.Name)) : a)] });
        if (call.Function is ApiFunction.DmaSetMask or ApiFunction.DmaSetMaskAndCoherent or ApiFunction.DmaSetCoherentMask && call[ParameterRole.Mask] is { } mask && call.Mask != ulong.MaxValue)
            yield return Change(30, $"with DMA_BIT_MASK(64) {at}", call with { Arguments = call.Arguments.Replace(mask, new NumberArgument(ulong.MaxValue, IsBitMask: true)) });
        if (mapping is not null && call.DeviceName is { } device && device != mapping.Device)
            yield return Change(11, $"for {mapping.Device} {at}", call with { Arguments = [.. call.Arguments.Select(a => a is PlaceArgument p && p.Place.Name.Text == device ? new PlaceArgument(new Place(new Name(mapping.Device))) : a)] });
        if (call.Signature.Kind is ApiKind.Unmap or ApiKind.UnmapList && mapping?.End is { } end && end != LitmusPrinter.Statement(call))
            yield return new Candidate(CureKind.Program, 13, $"with {end[..^1]} {at}", call.Span, [ProgramText.Replace(call, end)]);
        bool again = mapping is not null && ends && mapping.Uses.FirstOrDefault(u => u.Signature.Kind == call.Signature.Kind) is { } first && first != call;
        if (call.Signature.Kind == ApiKind.Sync || again || IsFreedBefore(program, call) || call.Function is ApiFunction.DmaBufPin or ApiFunction.DmaBufUnpin)
            yield return new Candidate(CureKind.Program, 15, $"without {name} {at}", call.Span, [program.Without(call)]);

        Candidate Change(int weight, string text, CallStatement changed) => new(CureKind.Program, weight, text, call.Span, [ProgramText.Replace(call, changed)]);
    }

    private static TextEdit Usual(CpuAccessStatement access) => ProgramText.Replace(access, LitmusPrinter.Statement(access with { View = null }));

    private static bool IsFreedBefore(ProgramText program, CallStatement call) => call.Function == ApiFunction.Free
        && program.Test.AllStatements.OfType<CallStatement>().First(c => c.Function == ApiFunction.Free && c.Memory?.Name.Text == call.Memory?.Name.Text) != call;

    private static string Short(string attribute) => attribute.StartsWith("DMA_ATTR_", StringComparison.Ordinal) ? attribute["DMA_ATTR_".Length..] : attribute;

    private static ImmutableArray<string> Attributes(CallStatement call) =>
        call[ParameterRole.Attributes] is FlagsArgument flags ? [.. flags.Names.Select(n => n.Text)] : [];

    private static CallStatement WithoutAttribute(CallStatement call, string attribute) => WithAttributes(call, Attributes(call).Remove(attribute));

    /// <summary>The call with these attributes; without any where none are left and the function lets them out.</summary>
    private static CallStatement WithAttributes(CallStatement call, ImmutableArray<string> attributes)
    {
        ImmutableArray<Argument> others = call[ParameterRole.Attributes] is { } old ? call.Arguments.Remove(old) : call.Arguments;
        if (!attributes.IsEmpty)
            return call with { Arguments = others.Add(new FlagsArgument([.. attributes.Select(a => new Name(a))])) };
        string name = call.Signature.Name;
        bool needed = call.Signature.Parameters.Any(p => p is { Role: ParameterRole.Attributes, Optional: false });
        return needed && ApiSignature.ByName(name[..^"_attrs".Length]) is { } plain
            ? call with { Function = plain.Function, Arguments = others }
            : call with { Arguments = others };
    }
}
