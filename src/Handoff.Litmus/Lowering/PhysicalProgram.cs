using Handoff.Litmus.Exploration;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>What all agents do to ranges of physical memory: a program before memory is cut into cells, which takes most of the time.</summary>
/// <param name="line">Bytes of a cache line.</param>
/// <param name="agents">All steps.</param>
/// <param name="others">Where another owner's bytes may be found at first.</param>
/// <param name="name">Name of the memory at an address.</param>
internal sealed class PhysicalProgram(uint line, List<(string Name, List<PhysicalStep> Steps)> agents, PlacesOfOthers others, Func<ulong, string> name)
{
    public uint Line => line;

    public IReadOnlyList<(string Name, List<PhysicalStep> Steps)> Agents => agents;

    /// <summary>Where another owner's bytes may be found at first.</summary>
    public PlacesOfOthers Others => others;

    /// <summary>Cuts memory into cells.</summary>
    /// <exception cref="ExplorationLimitException">There are more steps and places than can be explored.</exception>
    public AtomicProgram Cut() => CellBuilder.Build(line, agents, others, name);
}
