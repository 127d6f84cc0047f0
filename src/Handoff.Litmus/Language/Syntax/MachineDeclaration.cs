namespace Handoff.Litmus.Language;

/// <summary>What a test pins of the machine. Every <see langword="null"/> member is free.</summary>
public sealed record MachineDeclaration : SyntaxNode
{
    /// <summary><c>on NAME</c>: a known machine from which everything not said here is taken.</summary>
    public Name? On { get; init; }

    /// <summary><c>arch arm64</c>.</summary>
    public Located<Architecture>? Architecture { get; init; }

    /// <summary><c>ram 8G</c>: bytes of RAM in the architecture's usual layout.</summary>
    public Located<ulong>? Ram { get; init; }

    /// <summary><c>line 64</c>: cache line in bytes, both for sharing and for maintenance.</summary>
    public Located<uint>? Line { get; init; }

    /// <summary><c>swiotlb 64M</c> or <c>swiotlb "…"</c>: the text after <c>swiotlb=</c> on the kernel command line. Present: forced bouncing is pinned too.</summary>
    public Located<string>? Swiotlb { get; init; }

    /// <summary><c>encryption none|host|guest</c>.</summary>
    public Located<MemoryEncryption>? Encryption { get; init; }

    /// <summary><c>cpus 4</c>.</summary>
    public Located<int>? Cpus { get; init; }

    /// <summary><c>page 4K</c>: page size in bytes.</summary>
    public Located<uint>? Page { get; init; }

    /// <summary>Whether the kernel command line forces bouncing (<c>swiotlb "force"</c>).</summary>
    public bool ForcesBounce => Swiotlb is { } text && text.Value.Split(',').Contains("force");
}
