using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>The changes that somebody who knows the API would try on a test that goes wrong.</summary>
internal static class Candidates
{
    /// <summary>All of them, the simplest first.</summary>
    public static List<Candidate> Of(SourceText source, LitmusTest test)
    {
        var program = new ProgramText(source, test);
        List<Candidate> all =
        [
            .. ArgumentChanges.Of(program), .. DirectionChanges.Of(program), .. OrderChanges.Of(program), .. AddedCalls.Of(program),
            .. AddedSessions.Of(program), .. AddedOrder.Of(program), .. MemoryChanges.Of(program), .. DeviceChanges.Of(program),
        ];
        return [.. all.OrderBy(c => c.Weight)]; // stable: in the order of the text
    }
}
