namespace Handoff.Litmus.Language;

/// <summary>A machine with a name: what <c>machine { on NAME }</c> and <c>--on NAME</c> stand for.</summary>
/// <param name="Name">Its name, such as <c>arm64-nc-6g</c>.</param>
/// <param name="Description">What is particular about it, in one sentence without a full stop.</param>
/// <param name="Architecture">Architecture.</param>
/// <param name="Ram">Bytes of RAM, in the architecture's usual layout.</param>
/// <param name="Coherent">Whether devices snoop the caches.</param>
public sealed record KnownMachine(string Name, string Description, Architecture Architecture, ulong Ram, bool Coherent)
{
    /// <summary>The text after <c>swiotlb=</c> on the kernel command line; empty for none.</summary>
    public string Swiotlb { get; init; } = "";

    /// <summary>Cache line in bytes.</summary>
    public uint Line { get; init; } = 64;

    /// <summary>Possible processors.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Bytes of the restricted pool that every device has; <see langword="null"/> for none.</summary>
    public ulong? RestrictedPool { get; init; }

    /// <summary>Memory encryption.</summary>
    public MemoryEncryption Encryption { get; init; }

    /// <summary>Whether every mapping bounces here.</summary>
    public bool ForcesBounce => RestrictedPool is not null || Encryption == MemoryEncryption.Guest || Swiotlb.Split(',').Contains("force");

    /// <summary>The test on this machine: what it does not say is the machine's.</summary>
    internal LitmusTest Complete(LitmusTest test)
    {
        MachineDeclaration said = test.Machine ?? new MachineDeclaration();
        return test with
        {
            Machine = said with
            {
                Architecture = said.Architecture ?? new Located<Architecture>(Architecture),
                Ram = said.Ram ?? new Located<ulong>(Ram),
                Line = said.Line ?? new Located<uint>(Line),
                Swiotlb = said.Swiotlb ?? (RestrictedPool is null && Encryption == MemoryEncryption.None ? new Located<string>(Swiotlb) : null), // these force by themselves
                Encryption = said.Encryption ?? new Located<MemoryEncryption>(Encryption),
                Cpus = said.Cpus ?? new Located<int>(Cpus),
            },
            Devices = [.. test.Devices.Select(d => d with
            {
                Coherent = d.Coherent ?? new Located<bool>(Coherent),
                ForceBounce = d.ForceBounce ?? (RestrictedPool is null ? new Located<bool>(false) : null),
                RestrictedPool = d.RestrictedPool ?? (RestrictedPool is { } pool ? new Located<ulong>(pool) : null),
            })],
        };
    }

    /// <summary>The test on this machine, or <see langword="null"/> if it says that it is of another kind: architecture, coherence, cache line, forced bouncing, memory.</summary>
    /// <remarks>Sizes that a test states are its own.</remarks>
    public LitmusTest? Place(LitmusTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        MachineDeclaration? said = test.Machine;
        bool other = (said?.Architecture?.Value ?? Architecture) != Architecture
            || (said?.Line?.Value ?? Line) != Line
            || (said?.Encryption?.Value ?? Encryption) != Encryption
            || (said?.On is { } on && on.Text != Name)
            || (said?.Swiotlb is not null && said.ForcesBounce != ForcesBounce)
            || test.Devices.Any(d => (d.Coherent?.Value ?? Coherent) != Coherent || (d.ForceBounce?.Value ?? ForcesBounce) != ForcesBounce);
        if (other)
            return null;
        LitmusTest placed = Complete(test);
        var diagnostics = new DiagnosticBag();
        Limits.Check(placed, diagnostics);
        return diagnostics.HasErrors ? null : placed;
    }
}
