namespace Handoff.Conformance.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void AssemblyHasItsName() => Assert.Equal("Handoff.Conformance.Tests", typeof(SmokeTests).Assembly.GetName().Name);
}
